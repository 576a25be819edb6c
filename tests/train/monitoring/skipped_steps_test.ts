import assert from "node:assert/strict";
import { NumericsError } from "../../../src/base/errors.ts";
import { Dataset, type TokenDataset } from "../../../src/data/mod.ts";
import type { HistoryEntry } from "../../../src/train/mod.ts";
import { assertSameWeights, chainRows, quiet, short, tinyModel } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

const hidden = { display: false } as const;
const options = {
  ...short,
  learningRate: 1e-2,
  steps: 100,
  validation: false,
  skipSpikes: 4,
  checkpointEvery: 20,
} as const;

/** Makes batches of four rows to learn from, with wrong rows at the steps of `isBad`. */
function spiked(isBad: (step: number) => boolean): TokenDataset {
  const rows = chainRows(400).map((row, i) =>
    isBad(Math.floor(i / 4) + 1) ? row.map((id) => (id * 23 + 7) % 50) : row
  );
  return Dataset.tokens(rows, { order: "given" });
}
const bad = spiked((step) => step === 10 || step === 80 || step === 90);

const skippedSteps = (history: readonly HistoryEntry[]) =>
  history.filter(({ skipped }) => skipped).map(({ step }) => step);

Deno.test("a spike of the loss is skipped, counted and warned of, but not before 64 updates or without the option", async () => {
  using model = await tinyModel();
  using before = await tinyModel();
  using after = await tinyModel();
  const run = quiet(model).pretrain(bad, options).run(hidden);
  const result = await run;
  assert.deepEqual(skippedSteps(result.history), [80, 90]);
  assert.equal(result.warnings.length, 2);
  assert.match(
    result.warnings[0],
    /^step 80 was skipped: its loss of [\d.]+ is a spike, more than 4 standard/,
  );
  for (const text of [String(run), String(result)]) {
    assert.match(text, /skipped steps +2 for a spike of the loss/);
  }
  await quiet(before).pretrain(bad, options).run({ ...hidden, until: 79 });
  await quiet(after).pretrain(bad, options).run({ ...hidden, until: 80 });
  await assertSameWeights(after, before);
  using all = await tinyModel();
  const { history } = await quiet(all).pretrain(bad, { ...options, skipSpikes: undefined }).run(hidden);
  assert.deepEqual(skippedSteps(history), []);
});

for (const kind of ["fast", "plain"] as const) {
  Deno.test(`the GPU skips the steps that the formula says, ${kind} kernels`, async () => {
    using model = await tinyModel({}, kind);
    const { history } = await quiet(model).pretrain(bad, { ...options, skipSpikes: 0.5, maxSkipped: 100 })
      .run(hidden);
    const want = history.flatMap(({ loss, step }, i) => {
      const updates = history.slice(Math.max(0, i - 128), i).filter(({ skipped }) => !skipped);
      const mean = updates.reduce((sum, { loss }) => sum + loss, 0) / updates.length;
      const spread = updates.reduce((sum, { loss }) => sum + (loss - mean) ** 2, 0) / updates.length;
      return updates.length >= 64 && loss > mean + 0.5 * Math.sqrt(spread) ? [step] : [];
    });
    assert.ok(want.length >= 2);
    assert.deepEqual(skippedSteps(history), want);
  });
}

Deno.test("a resumed run skips the same spikes as an uninterrupted one", async () => {
  using whole = await tinyModel();
  const want = await quiet(whole).pretrain(bad, options).run(hidden);
  for (const until of [65, 80]) {
    await inFolder(async (checkpoint) => {
      const chain = (model: typeof whole) => quiet(model, { checkpoint }).pretrain(bad, options);
      using first = await tinyModel();
      await chain(first).run({ ...hidden, until });
      using second = await tinyModel();
      const { history, exact } = await chain(second).resume(checkpoint, hidden);
      assert.equal(exact, true);
      assert.deepEqual(skippedSteps(history), [80, 90]);
      assert.deepEqual(history.map(({ loss }) => loss), want.history.map(({ loss }) => loss));
      await assertSameWeights(second, whole);
    });
  }
});

Deno.test("more than maxSkipped spikes in a row end the run with what to do", async () => {
  await inFolder(async (checkpoint) => {
    using model = await tinyModel();
    const run = quiet(model, { checkpoint }).pretrain(spiked((step) => step >= 83), options).run(hidden);
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof NumericsError);
      assert.equal(error.step, 86);
      assert.equal(error.tensor, "loss");
      assert.equal(error.checkpoint, `${checkpoint}/step-000080`);
      assert.match(error.message, /4 steps in a row up to step 86 were skipped.*new level.*raise skipSpikes/);
      return true;
    });
  });
});

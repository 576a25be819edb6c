import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import { kernelTable, useKernelTable } from "../../src/ops/mod.ts";
import type { Run, Trainer, TrainerOptions } from "../../src/train/mod.ts";
import { needsHalf, testDevice } from "../support/device.ts";
import { assertSameWeights, chainRows, quiet, short, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";
import { needs } from "../support/needs.ts";

const hidden = { display: false } as const;

/** Makes a trainer of two stages of 14 and 9 steps. */
function twoStages(model: Model, options: TrainerOptions): Trainer {
  return quiet(model, options)
    .pretrain(tokens(11), { ...short, steps: 14, microBatch: 3, validation: tokens(2, 5) })
    .instruct(tokens(7, 3), { steps: 9, learningRate: 2e-3, validation: false });
}

/** Stops a run after a step and returns the number of steps done. */
async function stopAt(run: Run, step: number): Promise<number> {
  for await (const event of run.events("step")) if (event.step === step) run.stop();
  assert.equal((await run).status, "stopped");
  return run.history.length;
}

Deno.test("a run stopped and resumed in both stages equals the uninterrupted one bit for bit", async () => {
  using whole = await tinyModel();
  const want = await twoStages(whole, {}).run(hidden);
  await inFolder(async (folder) => {
    using first = await tinyModel();
    const options = { checkpoint: folder };
    const one = await stopAt(twoStages(first, options).run(hidden), 3);
    assert.ok(one < 14, `stopped only after ${one} steps`);

    using second = await tinyModel();
    const two = await stopAt(twoStages(second, options).resume(undefined, hidden), 16);
    assert.ok(two > 14 && two < 23, `stopped after ${two} steps`);

    using third = await tinyModel();
    const got = await twoStages(third, options).resume(folder, hidden);
    await assertSameWeights(third, whole);
    assert.deepEqual({ status: got.status, exact: got.exact }, { status: "done", exact: true });
    const numbers = ({ history }: typeof got) =>
      history.map(({ step, stage, loss, gradNorm, learningRate, tokens }) => {
        return [step, stage, loss, gradNorm, learningRate, tokens];
      });
    assert.deepEqual(numbers(got), numbers(want));
    assert.deepEqual(got.stages, want.stages);
    assert.deepEqual(
      got.validations.map(({ step, loss }) => [step, loss]),
      want.validations.map(({ step, loss }) => [step, loss]),
    );
    assert.ok(got.seconds > 0);

    // A run that is over resolves at once, with its weights and its history.
    using fourth = await tinyModel();
    const again = await twoStages(fourth, options).resume(folder, hidden);
    await assertSameWeights(fourth, whole);
    assert.deepEqual(numbers(again), numbers(want));
  });
});

Deno.test({
  name:
    `a resumed run in half precision is exact, and refuses a model of the other precision${needsHalf.reason}`,
  ignore: needsHalf.ignore,
}, async () => {
  using whole = await tinyModel({ dtype: "f16" });
  await twoStages(whole, {}).run(hidden);
  await inFolder(async (folder) => {
    using first = await tinyModel({ dtype: "f16" });
    await stopAt(twoStages(first, { checkpoint: folder }).run(hidden), 5);
    using other = await tinyModel();
    await assert.rejects(twoStages(other, {}).resume(folder, hidden), /dtype was "f16", now it is "f32"/);
    using second = await tinyModel({ dtype: "f16" });
    const { exact } = await twoStages(second, {}).resume(folder, hidden);
    assert.equal(exact, true);
    await assertSameWeights(second, whole);
  });
});

Deno.test("the last checkpoint of a stage is a model folder named after the stage", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = twoStages(model, { checkpoint: folder, keep: 1 });
    await trainer.run(hidden);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["instruct", "pretrain", "step-000014", "step-000023"]);
    const { Model } = await import("../../src/model/mod.ts");
    using loaded = await Model.load(`${folder}/instruct`, { device: model.device });
    await assertSameWeights(loaded, model);
    using pretrained = await Model.load(`${folder}/pretrain`, { device: model.device });
    using only = await tinyModel();
    await quiet(only)
      .pretrain(tokens(11), { ...short, steps: 14, microBatch: 3, validation: false }).run(hidden);
    await assertSameWeights(pretrained, only);
    // The second stage alone, from one named checkpoint.
    using resumed = await tinyModel();
    await twoStages(resumed, {}).resume(`${folder}/pretrain`, hidden);
    await assertSameWeights(resumed, model);
  });
});

Deno.test("resume refuses another run and names the field, unless it is forced", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const options = { ...short, validation: false } as const;
    const stopped = quiet(model, { checkpoint: folder }).pretrain(tokens(8), { ...options, steps: 400 });
    const at = await stopAt(stopped.run(hidden), 2);
    using fresh = await tinyModel();
    using wide = await tinyModel({ vocabSize: 51 });
    const same = { ...options, steps: 400 };
    const others: [Trainer, RegExp][] = [
      [
        quiet(fresh).pretrain(tokens(8), { ...same, learningRate: 1e-3 }),
        /pretrain\.learningRate was 0\.003, now it is 0\.001/,
      ],
      [quiet(fresh).pretrain(tokens(8), { ...same, steps: 401 }), /pretrain\.length was \{"steps":400\}/],
      [
        quiet(fresh).pretrain(tokens(8), { ...same, microBatch: 1 }),
        /pretrain\.microBatch was 4, now it is 1/,
      ],
      [quiet(fresh).pretrain(tokens(8, 77), same), /pretrain\.data: step 1, tokens 8 rows of 12: .*changed/],
      [quiet(fresh, { seed: 7 }).pretrain(tokens(8), same), /seed was 42, now it is 7/],
      [quiet(wide).pretrain(tokens(8), same), /model\.vocabSize was 50, now it is 51/],
      [quiet(fresh).pretrain(tokens(8), same).instruct(tokens(2)), /the stage instruct was added/],
    ];
    for (const [trainer, message] of others) {
      await assert.rejects(trainer.resume(folder, hidden), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, message);
        assert.match(error.message, /force: true/);
        return true;
      });
    }
    const forced = quiet(fresh).pretrain(tokens(8), { ...options, steps: at + 2 });
    const { exact, history, warnings } = await forced.resume(folder, { ...hidden, force: true });
    assert.equal(exact, false);
    assert.equal(history.length, at + 2);
    assert.match(warnings.join(), /forced to go on although pretrain\.length/);
    // Intervals of saving and measuring do not change the numbers, so they may differ.
    using free = await tinyModel();
    const often = quiet(free).pretrain(tokens(8), { ...same, checkpointEvery: 9, maxSkipped: 1 });
    const run = often.resume(`${folder}/step-${String(at).padStart(6, "0")}`, hidden);
    await stopAt(run, at + 1);
  });
});

const [fast, plain] = [await testDevice("fast"), await testDevice("plain")];
const twoFamilies = needs(
  fast.subgroup !== plain.subgroup || fast.int64 !== plain.int64,
  `${fast.adapter} grants no optional feature, so it has one kernel family`,
);

Deno.test(
  `a run resumed on other kernels is not exact, and says so${twoFamilies.reason}`,
  twoFamilies,
  async () => {
    await inFolder(async (folder) => {
      using model = await tinyModel();
      using other = await tinyModel({}, "plain");
      const chain = (model: Model) =>
        quiet(model, { checkpoint: folder }).pretrain(tokens(4), { ...short, steps: 300 });
      const at = await stopAt(chain(model).run(hidden), 1);
      const run = chain(other).resume(folder, hidden);
      await stopAt(run, at + 1);
      const { exact, warnings } = await run;
      assert.equal(exact, false);
      assert.match(warnings.join(), /not bit for bit what it would have been: kernels\.(subgroup|int64) was/);
    });
  },
);

Deno.test("a resumed run uses the recorded matmul kernels, not those that the device would choose now", async () => {
  await inFolder(async (folder) => {
    const chain = (model: Model) =>
      quiet(model, { checkpoint: folder }).pretrain(tokens(4), { ...short, steps: 300 });
    const then = await openDevice({ family: "shared" });
    const table = kernelTable(then);
    table.matmul["nt small"] = "plain"; // as a tuner might choose
    assert.ok(useKernelTable(then, table));
    const at = await stopAt(chain(await tinyModel({}, then)).run(hidden), 1);
    then.close();

    const now = await openDevice({ family: "shared" });
    const model = await tinyModel({}, now);
    assert.notDeepEqual(kernelTable(now), table);
    const run = chain(model).resume(folder, hidden);
    await stopAt(run, at + 1);
    assert.equal((await run).exact, true);
    assert.deepEqual(kernelTable(now), table);
    now.close();
  });
});

Deno.test("resume refuses a folder without checkpoints", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder }).pretrain(tokens(3), { ...short, steps: 2 });
    for (const path of [folder, `${folder}/none`]) {
      assert.throws(() => trainer.resume(path, hidden), (error) => {
        return error instanceof ConfigError &&
          error.message.includes(`no checkpoint in ${path}; start with run()`);
      });
    }
  });
});

Deno.test("a run over shuffled text with held-out documents resumes exactly", async () => {
  const { Tokenizer } = await import("../../src/tokenizer/mod.ts");
  const texts = Array.from({ length: 60 }, (_, i) => ({
    text: Array.from(chainRows(1, 30, 26, i)[0], (id) => "abcdefghijklmnopqrstuvwxyz"[id]).join(""),
    id: `text ${i}`,
  }));
  const corpus = Dataset.from(texts);
  const tokenizer = await Tokenizer.train(corpus, { vocabSize: 300 });
  const make = async () => {
    const model = await tinyModel({ vocabSize: 300, context: 12 });
    model.tokenizer = tokenizer;
    return model;
  };
  const chain = (model: Model, checkpoint?: string) =>
    quiet(model, { checkpoint }).pretrain(corpus, { ...short, epochs: 2, validation: 0.2, validateEvery: 4 });
  using whole = await make();
  const want = await chain(whole).run(hidden);
  assert.ok(want.validations.length > 2);
  await inFolder(async (folder) => {
    using first = await make();
    await stopAt(chain(first, folder).run(hidden), 5);
    using second = await make();
    // A chat template that the tokenizer adopted meanwhile does not change the tokens of a text.
    second.tokenizer = tokenizer.withTemplate("llama-2");
    const got = await chain(second, folder).resume(folder, hidden);
    await assertSameWeights(second, whole);
    assert.deepEqual(got.history.map(({ loss }) => loss), want.history.map(({ loss }) => loss));
  });
});

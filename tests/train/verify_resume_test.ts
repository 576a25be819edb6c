import assert from "node:assert/strict";
import { FormatError } from "../../src/base/errors.ts";
import type { Model } from "../../src/model/mod.ts";
import { readState } from "../../src/train/monitoring/run_state.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";

const hidden = { display: false } as const;

Deno.test("verifyResume proves exact resume on the trainer's own plan and leaves the model unchanged", async () => {
  using model = await tinyModel();
  using untouched = await tinyModel();
  const trainer = quiet(model, { checkpoint: "is/not/made" })
    .pretrain(tokens(40), { ...short, steps: 5000, validation: tokens(2, 5) })
    .evaluate({ run: () => Promise.reject(new Error("not part of the proof")) })
    .instruct(tokens(9, 3), { epochs: 3, validation: false });
  const before = model.device.memory().bytes;
  const proof = await trainer.verifyResume();
  assert.deepEqual(proof.toJSON(), { exact: true, steps: 8, stops: [2, 6], difference: undefined });
  assert.match(String(proof), /Resume is exact: 8 steps in one go, and stopped after 2 and 6, bit for bit/);
  await assertSameWeights(model, untouched);
  assert.equal(model.device.memory().bytes, before);
  assert.throws(() => Deno.statSync("is"), Deno.errors.NotFound);
});

Deno.test("verifyResume finds data that differs between two readings, and names the step", async () => {
  using model = await tinyModel();
  const rows = [tokens(8, 1), tokens(8, 2)];
  const data = tokens(8);
  let read = 0;
  data.prepare = () => rows[Math.min(read++, 1)].prepare();
  const proof = await quiet(model).pretrain(data, { ...short, steps: 9, validation: false }).verifyResume({
    steps: 2,
  });
  assert.equal(proof.exact, false);
  assert.match(proof.difference!, /^step 1 gave \{.*\} and not \{/);
});

Deno.test("run({ until }) saves and stops after that step, and resume goes on from it", async () => {
  using whole = await tinyModel();
  const chain = (model: Model, checkpoint?: string) =>
    quiet(model, { checkpoint }).pretrain(tokens(11), { ...short, steps: 7, validation: false })
      .instruct(tokens(7, 3), { steps: 5, validation: false });
  await chain(whole).run(hidden);
  await inFolder(async (folder) => {
    for (const [i, until] of [3, 7, 9, undefined].entries()) {
      using model = await tinyModel();
      const trainer = chain(model, folder);
      const { status, history } =
        await (i ? trainer.resume(folder, { ...hidden, until }) : trainer.run({ ...hidden, until }));
      assert.equal(status, until ? "stopped" : "done");
      assert.equal(history.length, until ?? 12);
      if (until === undefined) await assertSameWeights(model, whole);
    }
  });
});

Deno.test("keep: { best } keeps the step with the lowest validation loss", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    // The model learns four rows by heart, so on other rows the loss first falls and then rises.
    const trainer = quiet(model, { checkpoint: folder, keep: { last: 1, best: true } }).pretrain(tokens(4), {
      ...short,
      learningRate: 2e-2,
      steps: 60,
      validation: tokens(6, 9),
      validateEvery: 3,
      checkpointEvery: 50,
    });
    const { validations } = await trainer.run(hidden);
    const trained = validations.slice(1);
    const best = trained.reduce((a, b) => b.loss < a.loss ? b : a);
    assert.ok(best.step < 60, `the lowest loss is that of the last step: ${trained.map(({ loss }) => loss)}`);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["pretrain", "pretrain-best", "step-000060"]);
    assert.equal((await readState(`${folder}/pretrain-best`)).step, best.step);
    using fresh = await tinyModel();
    const again = quiet(fresh).pretrain(tokens(4), {
      ...short,
      learningRate: 2e-2,
      steps: 60,
      validation: tokens(6, 9),
    });
    const { history } = await again.resume(`${folder}/pretrain-best`, hidden);
    assert.equal(history.length, 60);
    await assertSameWeights(fresh, model);
  });
});

Deno.test("a damaged checkpoint asked for by name is refused, and the whole one beside it is offered", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder })
      .pretrain(tokens(8), { ...short, steps: 9, checkpointEvery: 3, validation: false });
    await trainer.run({ ...hidden, until: 7 });
    Deno.truncateSync(`${folder}/step-000007/optimizer.safetensors`, 900);
    await assert.rejects(trainer.resume(`${folder}/step-000007`, hidden), (error) => {
      assert.ok(error instanceof FormatError && error.file === `${folder}/step-000007/optimizer.safetensors`);
      assert.match(
        error.message,
        /step-000007\/optimizer\.safetensors \(byte 900\): the checkpoint is damaged: expected/,
      );
      assert.ok(
        error.message.endsWith(`Another one is whole: resume("${folder}/step-000006")`),
        error.message,
      );
      return true;
    });
    assert.equal((await trainer.resume(`${folder}/step-000006`, hidden)).history.length, 9);
  });
});

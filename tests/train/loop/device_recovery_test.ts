import assert from "node:assert/strict";
import { DeviceError } from "../../../src/base/errors.ts";
import { defaultDevice } from "../../../src/gpu/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import type { RunEvent, Trainer } from "../../../src/train/mod.ts";
import { quiet, short, tokens } from "../support.ts";
import { inFolder } from "../../support/folder.ts";

const hidden = { display: false } as const;

/** Makes a model on the device that models share. */
function model(): Promise<Model> {
  return Model.create({ dim: 32, layers: 2, heads: 2, hidden: 48, vocabSize: 50, context: 12 });
}

/** Makes a trainer of two stages, with measurements and an evaluation between them. */
function chain(model: Model, checkpoint?: string): Trainer {
  const options = { ...short, steps: 30, checkpointEvery: 10, validation: tokens(2, 5), validateEvery: 10 };
  return quiet(model, { checkpoint }).pretrain(tokens(8), options)
    .evaluate({ run: async (model) => ({ loss: (await model.loss(tokens(2, 6))).loss }) })
    .pretrain(tokens(8, 3), options);
}

Deno.test("a run whose device is lost twice ends with the weights and records of an undisturbed run", async () => {
  using whole = await model();
  const want = await chain(whole).run(hidden);
  const wanted = await whole.parameters();
  await inFolder(async (folder) => {
    using lost = await model();
    const run = chain(lost, folder).run(hidden);
    const events: RunEvent[] = [];
    const times = [14, 40];
    for await (const event of run.events()) {
      events.push(event);
      if (event.type !== "step" || event.step !== times[0]) continue;
      times.shift();
      lost.device.gpu.destroy();
    }
    const result = await run;
    assert.equal(result.status, "done");
    assert.equal(result.exact, true);
    assert.equal(times.length, 0);
    assert.equal(lost.device, await defaultDevice());
    assert.deepEqual(result.stages, want.stages);
    assert.deepEqual(
      result.history.map(({ loss, step }) => [loss, step]),
      want.history.map(({ loss, step }) => [loss, step]),
    );
    for (const key of ["validations", "evaluations"] as const) {
      assert.equal(JSON.stringify(result[key]), JSON.stringify(want[key]));
    }
    for (const [name, data] of await lost.parameters()) assert.deepEqual(data, wanted.get(name), name);
    const repeats = result.warnings.map((warning) =>
      Number(
        warning.match(
          /^The GPU was lost after step \d+: .* goes on from .*; (\d+) steps? (?:is|are) repeated$/,
        )![1],
      )
    );
    assert.equal(repeats.length, 2);
    const steps = events.filter(({ type }) => type === "step").length;
    assert.equal(steps, 60 + repeats[0] + repeats[1], "the warnings count the repeated steps");
    const resumed = await chain(lost, folder).resume(folder, hidden);
    assert.equal(resumed.history.length, 60, "the last checkpoint is the end of the run");
  });
});

Deno.test("a device lost repeatedly without a checkpoint in between ends the run", async () => {
  await inFolder(async (folder) => {
    using trained = await model();
    const run = chain(trained, folder).run(hidden);
    const destroyed = new Set<unknown>();
    for await (const event of run.events("step", "stage")) {
      if (event.step <= 10) continue;
      destroyed.add(trained.device);
      trained.device.gpu.destroy();
    }
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof DeviceError);
      assert.match(error.message, /checkpoint of step \d+ is whole: .*resume\(\)/);
      return true;
    });
    assert.equal(run.status, "failed", "the first device, and three opened anew");
    assert.equal(destroyed.size, 4, "the first device, and three opened anew");
  });
});

Deno.test("a lost device without a checkpoint ends the run with what to do", async () => {
  using trained = await model();
  const run = chain(trained).run(hidden);
  for await (const { step } of run.events("step")) if (step === 3) trained.device.gpu.destroy();
  await assert.rejects(
    run,
    /The GPU was lost after step \d+: .*There is no checkpoint: give the trainer a folder/,
  );
});

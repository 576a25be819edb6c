// A run on a device whose buffers and bindings are too small for the tables of its model: stopped and resumed, it has the
// bits of an uninterrupted run on a device that cuts nothing, in pretraining, in instruction tuning and with adapters.
import assert from "node:assert/strict";
import { Dataset } from "../../src/data/mod.ts";
import type { Device } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { families, lowDevice, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { assertSameWeights, chainRows, quiet } from "./support.ts";

const shape = { dim: 64, layers: 1, heads: 4, kvHeads: 2, hidden: 176, vocabSize: 600, context: 24 };
const hidden = { display: false } as const;

const rows = (count: number, seed: number) =>
  Dataset.tokens(chainRows(count, 24, 600, seed), { order: "given" });

const options = { batchTokens: 96, microBatch: 2, learningRate: 3e-3, warmup: 2 };

/** Makes a trainer of three stages: pretraining, instruction tuning, adapters. */
function stages(model: Model, folder?: string) {
  return quiet(model, folder ? { checkpoint: folder } : {})
    .pretrain(rows(8, 1), { ...options, steps: 4, validation: rows(2, 5) })
    .instruct(rows(7, 3), { ...options, steps: 2, validation: false })
    .instruct(rows(7, 4), { ...options, steps: 3, validation: false, lora: { rank: 4 } });
}

for (const family of families) {
  Deno.test(`a run whose tables are cut resumes to the bits of one whose tables are not (${family})`, async () => {
    const make = (device: Device) => Model.create(shape, { device, seed: 3 });
    using whole = await make(await testDevice(family));
    const want = await stages(whole).run(hidden);
    const device = await lowDevice(family, { maxBufferSize: 2 ** 17, maxStorageBufferBindingSize: 2 ** 16 });
    try {
      await inFolder(async (folder) => {
        for (const last of [2, 7]) {
          using model = await make(device);
          const run = last === 2
            ? stages(model, folder).run(hidden)
            : stages(model, folder).resume(folder, hidden);
          for await (const { step } of run.events("step")) if (step === last) run.stop();
          assert.equal((await run).status, "stopped");
        }
        using model = await make(device);
        const got = await stages(model, folder).resume(folder, hidden);
        await assertSameWeights(model, whole);
        const losses = (result: typeof got) => result.history.map(({ loss, gradNorm }) => [loss, gradNorm]);
        assert.deepEqual({ exact: got.exact, losses: losses(got) }, { exact: true, losses: losses(want) });
        assert.deepEqual(got.validations.map(({ loss }) => loss), want.validations.map(({ loss }) => loss));
      });
    } finally {
      device.close();
    }
  });
}

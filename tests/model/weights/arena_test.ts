// Models whose weights, gradients and moments lie in several buffers against the same models in one: every number is
// equal to the last bit. Goldens hold the numbers in one buffer.
import assert from "node:assert/strict";
import { type Device, type KernelFamily, openDevice } from "../../../src/gpu/mod.ts";
import { restoreModel } from "../../../src/model/lifecycle/load_model.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { loraSettings } from "../../../src/model/training/lora_options.ts";
import { families, half } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { paperStep } from "../paper_step.ts";

const maxBufferSize = 2 ** 16;

/** About 64,000 weights: five buffers of 16,384, none of them full of one tensor. */
const shape: ModelShape = {
  dim: 48,
  layers: 3,
  heads: 4,
  kvHeads: 2,
  hidden: 88,
  vocabSize: 211,
  context: 12,
};
const odd: ModelShape = { dim: 36, layers: 4, heads: 3, hidden: 53, vocabSize: 97, context: 11 };

const rows = ({ vocabSize, context }: ModelShape, from = 0): BatchRow[] =>
  [1, 2, 3].map((n) => {
    const ids = Uint32Array.from(
      { length: context! + 1 },
      (_, i) => (i * 31 * n + 7 * n + from) % vocabSize!,
    );
    return { ids: ids.subarray(0, -1), targets: ids.subarray(1) };
  });

/** Runs `use` on a device with one buffer per arena and on one with several, both of a family. */
async function onBoth(family: KernelFamily, use: (device: Device, chunked: boolean) => Promise<unknown>) {
  const without = family === "shared" ? ["subgroups", "int64"] as const : [];
  const found: unknown[] = [];
  for (const options of [{}, { maxBufferSize }]) {
    const device = await openDevice({ family, without, ...options });
    try {
      found.push(await use(device, "maxBufferSize" in options));
      assert.equal(device.memory().bytes, 0, "everything is freed");
    } finally {
      device.close();
    }
  }
  assert.deepEqual(found[1], found[0]);
}

/** Checks that the arenas of a model are cut where they are to be. */
function checkChunks(model: Model, chunked: boolean): void {
  const { arena, halfWeights } = stateOf(model);
  const count = arena.chunks.length;
  assert.ok(chunked ? count > 3 : count === 1, `${count} chunks`);
  assert.equal(halfWeights?.chunks.length ?? count, count);
  const { buffers } = model.device.memory();
  assert.ok(buffers.every(({ bytes }) => bytes <= model.device.limits.maxBufferSize));
}

async function numbersOf(step: TrainingStep): Promise<unknown[]> {
  const numbers: unknown[] = [await step.read()];
  for (const moment of ["m", "v"] as const) {
    for await (const { parameter, data } of step.moments(moment)) {
      for await (const piece of data()) numbers.push([parameter.name, piece]);
    }
  }
  return numbers;
}

for (const family of families) {
  for (const [name, config] of Object.entries({ shape, odd })) {
    Deno.test(`chunks change no bit of logits, gradients and updates, ${name} (${family})`, async () => {
      await onBoth(family, async (device, chunked) => {
        using model = await Model.create(config, { device, seed: 3 });
        checkChunks(model, chunked);
        const found: unknown[] = [await model.logits(rows(config)[0].ids)];
        for (const save of ["all", "linear", "block"] as const) {
          const options = { ...paperStep, microBatch: 2, context: config.context!, save };
          const step = await TrainingStep.create(model, options);
          const planned = model.plan({ tokens: 1e6, microBatch: 2, save }).facts.bytes;
          assert.equal(planned.activations, step.memory.bytes);
          found.push(await step.gradients(rows(config)));
          for (const n of [1, 2, 3]) step.run(rows(config, n), n, 0.01);
          found.push(await numbersOf(step));
          step.dispose();
        }
        found.push(await model.parameters());
        return found;
      });
    });
  }

  Deno.test(`chunks change no bit of adapters and of what they are merged into (${family})`, async () => {
    await onBoth(family, async (device, chunked) => {
      using model = await Model.create(shape, { device, seed: 3 });
      checkChunks(model, chunked);
      const lora = { ...loraSettings({ rank: 7, alpha: 12 })!, seed: 4 };
      const options = { ...paperStep, microBatch: 2, context: shape.context!, save: "linear" as const, lora };
      const step = await TrainingStep.create(model, options);
      for (const n of [1, 2, 3]) step.run(rows(shape, n), n, 0.01);
      const found = [await numbersOf(step), await step.adapters!.read(), await model.parameters()];
      step.dispose();
      return found;
    });
  });
}

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  Deno.test(`a model in chunks is saved, loaded, copied and moved bit for bit, ${dtype}`, async () => {
    await onBoth("shared", (device, chunked) =>
      inFolder(async (folder) => {
        using model = await Model.create(shape, { device, dtype, seed: 5 });
        checkChunks(model, chunked);
        const { ids } = rows(shape)[0];
        const logits = await model.logits(ids);
        await model.save(folder);
        using loaded = await Model.load(folder, { device, dtype });
        using copy = await loaded.clone();
        using other = await Model.create(shape, { device, dtype, seed: 6 });
        await restoreModel(other, folder);
        for (const same of [loaded, copy, other]) assert.deepEqual(await same.logits(ids), logits);
        const whole = await openDevice({ family: "shared", without: ["subgroups", "int64"] });
        await restoreModel(other, folder, { device: whole });
        assert.equal(stateOf(other).arena.chunks.length, 1, "the cuts follow the device");
        assert.deepEqual(await other.logits(ids), logits);
        other.dispose();
        whole.close();
        return [logits, await Deno.readFile(`${folder}/model.safetensors`), await model.parameters()];
      }));
  });
}

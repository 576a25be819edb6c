// Models whose weights, gradients and moments lie in several buffers against the same models in one: every number is
// equal to the last bit. Goldens hold the numbers in one buffer.
import assert from "node:assert/strict";
import { type Device, type KernelFamily, openDevice } from "../../../src/gpu/mod.ts";
import { restoreModel } from "../../../src/model/lifecycle/load_model.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../../src/model/mod.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { LORA_TARGETS, loraSettings } from "../../../src/model/training/lora_options.ts";
import { families, half } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { paperStep } from "../paper_step.ts";

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
/** The table, the output matrix and the gates alone exceed a buffer; the table of the tied model as well. */
const large: ModelShape = { dim: 32, layers: 2, heads: 4, hidden: 520, vocabSize: 1201, context: 12 };
const tied: ModelShape = { ...large, hidden: 64, tieEmbeddings: true };
const odd: ModelShape = { dim: 36, layers: 4, heads: 3, hidden: 53, vocabSize: 97, context: 11 };

const rows = ({ vocabSize, context }: ModelShape, from = 0): BatchRow[] =>
  [1, 2, 3].map((n) => {
    const ids = Uint32Array.from(
      { length: context! + 1 },
      (_, i) => (i * 31 * n + 7 * n + from) % vocabSize!,
    );
    return { ids: ids.subarray(0, -1), targets: ids.subarray(1) };
  });

/** Bytes of a buffer that cut a model. */
const maxBufferSizeOf = ({ dim }: ModelShape) => dim === large.dim ? 2 ** 17 : 2 ** 16;

/** Runs `use` on a device with one buffer per arena and on one with several, both of a family. */
async function onBoth(
  family: KernelFamily,
  config: ModelShape,
  use: (device: Device, chunked: boolean) => Promise<unknown>,
) {
  const maxBufferSize = maxBufferSizeOf(config);
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
  const { trained, packed, layout } = stateOf(model);
  const count = trained!.chunks.length;
  assert.ok(chunked ? count > 1 : count === 1, `${count} chunks`);
  const { embedding } = layout.views({ trained, packed });
  assert.equal((embedding.pieces?.length ?? 1) > 1, chunked && model.config.dim === large.dim);
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
  const cases: [string, ModelShape, "f32" | "f16"][] = [
    ["shape", shape, "f32"],
    ["odd", odd, "f32"],
    ["large", large, "f32"],
    ["tied", tied, "f32"],
    ...half && family === "shared" ? [["large f16", large, "f16"] as [string, ModelShape, "f16"]] : [],
  ];
  for (const [name, config, dtype] of cases) {
    Deno.test(`chunks change no bit of logits, gradients and updates, ${name} (${family})`, async () => {
      await onBoth(family, config, async (device, chunked) => {
        using model = await Model.create(config, { device, dtype, seed: 3 });
        checkChunks(model, chunked);
        const found: unknown[] = [await model.logits(rows(config)[0].ids)];
        for (const save of config === shape ? ["all", "linear", "block"] as const : ["linear"] as const) {
          const options = { ...paperStep, microBatch: 2, context: config.context!, save };
          const step = await TrainingStep.create(model, options);
          const planned = model.plan({ tokens: 1e6, microBatch: 2, save }).facts.bytes;
          assert.equal(planned.activations, step.memory.bytes);
          found.push(await step.gradients(rows(config)));
          for (const n of [1, 2]) step.run(rows(config, n), n, 0.01);
          found.push(await numbersOf(step));
          step.dispose();
        }
        found.push(await model.parameters());
        return found;
      });
    });
  }

  for (const [name, config] of Object.entries({ shape, large })) {
    Deno.test(`chunks change no bit of adapters and of what they are merged into, ${name} (${family})`, async () => {
      await onBoth(family, config, async (device, chunked) => {
        using model = await Model.create(config, { device, seed: 3 });
        checkChunks(model, chunked);
        const lora = { ...loraSettings({ rank: 7, alpha: 12, targets: [...LORA_TARGETS] })!, seed: 4 };
        const options = {
          ...paperStep,
          microBatch: 2,
          context: config.context!,
          save: "linear" as const,
          lora,
        };
        const step = await TrainingStep.create(model, options);
        for (const n of [1, 2]) step.run(rows(config, n), n, 0.01);
        const found = [await numbersOf(step), await step.adapters!.read(), await model.parameters()];
        step.dispose();
        return found;
      });
    });
  }
}

const saved: [ModelShape, "f32" | "f16"][] = [[shape, "f32"], [large, "f32"], [large, "f16"]];

for (const [config, dtype] of saved.filter(([, dtype]) => half || dtype === "f32")) {
  Deno.test(`a model in chunks is saved, loaded, copied and moved bit for bit, ${config.hidden}, ${dtype}`, async () => {
    await onBoth("shared", config, (device, chunked) =>
      inFolder(async (folder) => {
        using model = await Model.create(config, { device, dtype, seed: 5 });
        checkChunks(model, chunked);
        const { ids } = rows(config)[0];
        const logits = await model.logits(ids);
        await model.save(folder);
        using loaded = await Model.load(folder, { device, dtype });
        using copy = await loaded.clone();
        using other = await Model.create(config, { device, dtype, seed: 6 });
        await restoreModel(other, folder);
        for (const same of [loaded, copy, other]) assert.deepEqual(await same.logits(ids), logits);
        const whole = await openDevice({ family: "shared", without: ["subgroups", "int64"] });
        await restoreModel(other, folder, { device: whole });
        assert.equal(stateOf(other).trained!.chunks.length, 1, "the cuts follow the device");
        assert.deepEqual(await other.logits(ids), logits);
        other.dispose();
        whole.close();
        return [logits, await Deno.readFile(`${folder}/model.safetensors`), await model.parameters()];
      }));
  });
}

// Models whose feed-forward width and vocabulary are no multiples of eight: zeros complete the lines of their matrices in
// memory, and nothing outside sees them. Numbers are compared with the plain loops of tests/reference in float64.
import assert from "node:assert/strict";
import { readSafetensors } from "../../../src/formats/mod.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../../src/model/mod.ts";
import { type ModelState, stateOf } from "../../../src/model/model_state.ts";
import type { Arena } from "../../../src/model/weights/arena.ts";
import { LORA_TARGETS, loraSettings } from "../../../src/model/training/lora_options.ts";
import { lossAndGradients } from "../../reference/llama.ts";
import { families, half, testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { maxError } from "../../support/golden.ts";
import { paperStep } from "../paper_step.ts";

const shape: ModelShape = { dim: 24, layers: 2, heads: 3, hidden: 53, vocabSize: 93, context: 10 };
const tied: ModelShape = { ...shape, vocabSize: 97, tieEmbeddings: true };
const rows: BatchRow[] = [1, 2, 3].map((n) => {
  const ids = Uint32Array.from({ length: 11 }, (_, i) => (i * 31 * n + 7 * n) % 93);
  return { ids: ids.subarray(0, -1), targets: ids.subarray(1) };
});

/** Reads the elements of an arena that belong to no parameter. */
async function unused({ device, layout }: ModelState, arena: Arena): Promise<number[]> {
  const bytes = await device.read(arena.chunks.map((chunk) => chunk.range()));
  const all = bytes.flatMap((chunk) => [...new Float32Array(chunk)]);
  for (const { shape, start, stride = shape.at(-1)! } of layout.parameters) {
    const cols = shape.at(-1)!;
    const count = shape.length > 1 ? shape[0] : 1;
    for (let row = 0; row < count; row++) all.fill(NaN, start + row * stride, start + row * stride + cols);
  }
  return all.filter((x) => !Number.isNaN(x));
}

const stepOf = (model: Model, more: object = {}) =>
  TrainingStep.create(model, { ...paperStep, microBatch: 2, context: 10, save: "all", ...more });

for (const family of families) {
  for (const [name, config] of Object.entries({ shape, tied })) {
    Deno.test(`odd widths give the numbers of the plain loops, and their zeros stay zeros, ${name} (${family})`, async () => {
      using model = await Model.create(config, { device: await testDevice(family), seed: 2 });
      const state = stateOf(model);
      assert.ok(state.layout.padded);
      const { slots } = state.layout;
      assert.ok(slots.every(({ shape }) => shape.length < 2 || shape.every((lines) => lines % 8 === 0)));
      const step = await stepOf(model);
      const { loss, gradients } = await step.gradients(rows);
      const weights = new Map([...await model.parameters()].map(([key, w]) => [key, Float64Array.from(w)]));
      const want = lossAndGradients(model.config, weights, rows);
      assert.ok(Math.abs(loss - want.loss) < 1e-5, `${loss} and ${want.loss}`);
      for (const [key, g] of gradients) {
        const error = maxError(g, Float32Array.from(want.gradients.get(key)!));
        assert.ok(error < 1e-4, `${key}: ${error}`);
      }
      for (const n of [1, 2, 3, 4]) step.run(rows, n, 0.05);
      assert.ok((await step.read()).every(({ skipped }) => !skipped));
      step.dispose();
      const zeros = await unused(state, state.trained!);
      assert.ok(zeros.length > 100, `${zeros.length} unused elements`);
      assert.ok(zeros.every((x) => x === 0), "zeros behind the lines after four updates with weight decay");
    });
  }
}

Deno.test("files, parameters, logits and inspections of an odd shape have its true shapes", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create(shape, { device, seed: 2 });
    const shapes: Record<string, number[]> = {
      "model.embed_tokens.weight": [93, 24],
      "lm_head.weight": [93, 24],
      "model.layers.1.mlp.gate_proj.weight": [53, 24],
      "model.layers.1.mlp.up_proj.weight": [53, 24],
      "model.layers.1.mlp.down_proj.weight": [24, 53],
    };
    const parameters = await model.parameters();
    await model.save(`${folder}/hf`);
    const { tensors } = await readSafetensors(`${folder}/hf/model.safetensors`);
    for (const [name, shape] of Object.entries(shapes)) {
      assert.equal(parameters.get(name)!.length, shape[0] * shape[1], name);
      assert.deepEqual(tensors.get(name)!.shape, shape);
      assert.deepEqual(tensors.get(name)!.data, parameters.get(name));
    }
    const { ids } = rows[0];
    const logits = await model.logits(ids);
    assert.equal(logits.length, 10 * 93);
    await model.save(`${folder}/model.gguf`);
    for (const path of ["hf", "model.gguf"]) {
      using loaded = await Model.load(`${folder}/${path}`, { device });
      assert.deepEqual(await loaded.parameters(), parameters);
      assert.deepEqual(await loaded.logits(ids), logits);
    }
    using other = await Model.create(shape, { device, seed: 3 });
    other.setParameters(parameters);
    assert.deepEqual(await other.logits(ids), logits);
    using copy = await model.clone();
    assert.deepEqual(await copy.logits(ids), logits);
    const { activations, logitLens, gradients } = await model.inspect(Uint32Array.from(ids), {
      gradients: true,
    });
    const gates = activations.filter(({ place }) => place === "gate").map(({ nearZero }) => nearZero);
    const whole = (x: number) => Math.abs(x - Math.round(x)) < 1e-6;
    assert.ok(gates.every((share) => whole(share * 10 * 53)), "shares of 53 numbers per position, not of 56");
    assert.ok(logitLens.every(({ positions }) => positions.flat().every(({ id }) => id < 93)));
    assert.equal(gradients!.length, parameters.size);
    assert.match(model.summary().text, /3 x \[53, 24\]/);
  }));

for (const [dtype, tolerance] of [...half ? [["f16", 2e-3]] : [], ["q8", 2e-2]] as ["f16" | "q8", number][]) {
  Deno.test(`an odd shape is used as ${dtype} from a file, and its weights come back in its true shapes`, () =>
    inFolder(async (folder) => {
      const device = await testDevice();
      using model = await Model.create({ ...shape, dim: 96 }, { device, seed: 2 });
      await model.save(`${folder}/model.gguf`, { dtype: dtype === "q8" ? "q8_0" : "f16" });
      using used = await Model.load(`${folder}/model.gguf`, { device, dtype });
      const { ids } = rows[0];
      const error = maxError(await used.logits(ids), await model.logits(ids));
      assert.ok(error < tolerance, `logits off by ${error}`);
      const want = await model.parameters();
      for (const [name, data] of await used.parameters()) {
        const error = maxError(data, want.get(name)!);
        assert.ok(error < (dtype === "q8" ? 1 / 250 : 2 ** -11), `${name}: ${error}`);
      }
    }));
}

Deno.test("adapters of an odd shape have its true shapes, and merge into it", async () => {
  using model = await Model.create(shape, { device: await testDevice(), seed: 2 });
  const before = await model.parameters();
  const lora = { ...loraSettings({ rank: 8, alpha: 16, targets: [...LORA_TARGETS] })!, seed: 4 };
  const step = await stepOf(model, { lora });
  for (const n of [1, 2, 3]) step.run(rows, n, 0.02);
  const { adapters, frozen } = await step.adapters!.read();
  const after = await model.parameters();
  for (const [name, cols] of [["gate_proj", 24], ["up_proj", 24], ["down_proj", 53]] as const) {
    const stem = `model.layers.1.mlp.${name}`;
    const a = adapters.get(`base_model.model.${stem}.lora_A.weight`)!;
    const b = adapters.get(`base_model.model.${stem}.lora_B.weight`)!;
    assert.deepEqual([a.length, b.length], [8 * cols, 8 * (77 - cols)]);
    assert.deepEqual(frozen.get(`${stem}.weight`), before.get(`${stem}.weight`));
    const merged = before.get(`${stem}.weight`)!.map((w, i) => {
      let sum = w;
      for (let k = 0; k < 8; k++) sum += 2 * b[Math.floor(i / cols) * 8 + k] * a[k * cols + i % cols];
      return sum;
    });
    assert.ok(maxError(after.get(`${stem}.weight`)!, merged) < 1e-6);
    assert.ok(maxError(merged, before.get(`${stem}.weight`)!) > 1e-4, "it was trained");
  }
  const state = stateOf(model);
  assert.ok((await unused(state, state.trained!)).every((x) => x === 0));
  step.dispose();
});

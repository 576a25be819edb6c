// Models of dtype f16: the goldens within the tolerances of half precision, with every kernel family that has f16. It has
// 11 bits, so a product of rounded numbers is off by about 2^-11 of its largest term.
import assert from "node:assert/strict";
import { type BatchRow, Model, TrainingStep } from "../../../src/model/mod.ts";
import { families, half, needsHalf, testDevice } from "../../support/device.ts";
import { goldenJson, goldenPath, goldenTensors, l2Error, maxError } from "../../support/golden.ts";

/** Measured errors with a margin of about two, see docs/log.md [ours]. */
const tolerance = {
  logits: 8e-3,
  loss: 5e-4,
  gradMax: 2e-2,
  gradL2: 1.2e-2,
  firstLosses: 0.012,
  losses: 0.07,
};

const halfFamilies = half ? families.filter((family) => family !== "plain") : [];
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
const shape = { dim: 48, layers: 2, heads: 4, kvHeads: 2, hidden: 104, vocabSize: 80, context: 32 };

interface Inputs {
  batch: { input_ids: number[][]; targets: number[][] };
  train: { hyperparameters: Record<string, number>; tokens: number[][][] };
}
interface Expected {
  forward: { loss: number };
  train: { losses: number[]; lrs: number[] };
}

for (const name of ["A", "B"]) {
  for (const family of halfFamilies) {
    const open = async () =>
      await Model.load(goldenPath(name), { device: await testDevice(family), dtype: "f16" });
    const inputs = () => goldenJson<Inputs>(`${name}/inputs.json`);
    const expected = () => goldenJson<Expected>(`${name}/expected.json`);

    Deno.test(`golden model ${name} in f16: logits, loss and gradients (${family})`, async () => {
      using model = await open();
      const tensors = goldenTensors(`${name}/expected.safetensors`);
      const { batch } = inputs();
      const want = tensors.get("logits")!;
      const [, T, V] = want.shape;
      for (const [b, ids] of batch.input_ids.entries()) {
        const error = maxError(await model.logits(ids), want.data.slice(b * T * V, (b + 1) * T * V));
        assert.ok(error < tolerance.logits, `logits off by ${error}`);
        assert.ok(error > 1e-5, "as near as f32: f16 is not used");
      }
      const rows: BatchRow[] = batch.input_ids.map((ids, i) => ({ ids, targets: batch.targets[i] }));
      for (const save of ["all", "linear", "block"] as const) {
        const step = await TrainingStep.create(model, {
          ...options,
          microBatch: rows.length,
          context: T,
          save,
        });
        const { loss, gradients } = await step.gradients(rows);
        step.dispose();
        assert.ok(Math.abs(loss / expected().forward.loss - 1) < tolerance.loss, `loss ${loss}`);
        for (const [key, g] of gradients) {
          const golden = tensors.get(`grad.${key}`)!.data;
          const far = maxError(g, golden);
          const l2 = l2Error(g, golden);
          assert.ok(far < tolerance.gradMax && l2 < tolerance.gradL2, `${save} ${key}: ${far}, L2 ${l2}`);
        }
      }
    });

    Deno.test(`golden model ${name} in f16: 20 steps (${family})`, async () => {
      using model = await open();
      const { hyperparameters: h, tokens } = inputs().train;
      const { losses, lrs } = expected().train;
      const batches = tokens.map((b) => b.map((ids) => ({ ids: ids.slice(0, -1), targets: ids.slice(1) })));
      const step = await TrainingStep.create(model, {
        microBatch: batches[0].length,
        context: batches[0][0].ids.length,
        save: "all",
        beta1: h.beta1,
        beta2: h.beta2,
        epsilon: h.eps,
        weightDecay: h.weight_decay,
        clip: h.clip_norm,
      });
      batches.forEach((batch, i) => step.run(batch, i + 1, lrs[i]));
      const off = (await step.read()).map(({ loss, skipped }, i) =>
        skipped ? Infinity : Math.abs(loss - losses[i])
      );
      const shown = off.map((x) => x.toFixed(4)).join(" ");
      assert.ok(off.every((x, i) => x < (i < 4 ? tolerance.firstLosses : tolerance.losses)), shown);
      step.dispose();
    });
  }
}

for (const family of halfFamilies) {
  Deno.test(`in f16 scores, generation with a cache and a copy agree with the logits (${family})`, async () => {
    using model = await Model.create(shape, { device: await testDevice(family), dtype: "f16" });
    using copy = await model.clone();
    assert.equal(copy.dtype, "f16");
    const ids = Uint32Array.from({ length: 9 }, (_, i) => i * 31 % 80);
    const V = 80;
    const logits = await model.logits(ids);
    assert.deepEqual(await copy.logits(ids), logits);
    const written = await model.generate(ids, { temperature: 0, maxTokens: 5 }).ids();
    const all = [...ids];
    for (const id of written) {
      const last = (await model.logits(all)).subarray((all.length - 1) * V);
      assert.equal(last.indexOf(Math.max(...last)), id);
      all.push(id);
    }
    const { logProb } = await model.score(ids.subarray(0, 4), ids.subarray(4));
    let want = 0;
    for (let t = 4; t < 9; t++) {
      const row = [...logits.subarray((t - 1) * V, t * V)];
      const max = Math.max(...row);
      want += row[ids[t]] - max - Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
    }
    assert.ok(Math.abs(logProb - want) < 1e-4, `${logProb}, want ${want}`);
  });

  Deno.test(`in f16 the trained weights stay in f32 and take updates that f16 could not hold (${family})`, async () => {
    using model = await Model.create(shape, { device: await testDevice(family), dtype: "f16" });
    const start = await model.parameters();
    const name = "model.layers.0.mlp.up_proj.weight";
    const weights = Float32Array.from(start.get(name)!);
    weights[3] = 1 + 2 ** -20;
    model.setParameters(new Map(start).set(name, weights));
    assert.equal((await model.parameters()).get(name)![3], 1 + 2 ** -20, "kept to the last bit");
    const ids = Uint32Array.from({ length: 32 }, (_, i) => i * 7 % 80);
    const step = await TrainingStep.create(model, { ...options, microBatch: 1, context: 32, save: "all" });
    step.run([{ ids, targets: ids }], 1, 1e-6); // 1e-6 beside 1 is below the resolution of f16
    const after = (await model.parameters()).get(name)![3];
    assert.ok(after !== 1 + 2 ** -20 && Math.abs(after - 1) < 1e-5, `moved to ${after}`);
    step.dispose();
  });
}

Deno.test(
  `half precision takes about half the activations, as planned${needsHalf.reason}`,
  needsHalf,
  async () => {
    const device = await testDevice();
    const wide = { ...shape, dim: 128, hidden: 344, context: 128 };
    const measured: Record<string, number> = {};
    for (const dtype of ["f32", "f16"] as const) {
      using model = await Model.create(wide, { device, dtype });
      const step = await TrainingStep.create(model, { ...options, microBatch: 4, context: 128, save: "all" });
      const { bytes } = model.plan({ tokens: 1e6, microBatch: 4 }).facts;
      assert.equal(bytes.activations, step.memory.bytes, dtype);
      const held = device.memory().buffers.filter(({ owner }) => /: (weights|f16 \w+)$/.test(owner));
      const bound = held.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.ok(bound - bytes.weights >= 0 && bound - bytes.weights < 256 * held.length, `${bound}`); // whole 256 bytes
      measured[dtype] = step.memory.bytes;
      step.dispose();
    }
    assert.ok(measured.f16 < 0.75 * measured.f32, JSON.stringify(measured)); // logits and gradients stay in f32
  },
);

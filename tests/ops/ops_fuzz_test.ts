// Random models and batches through the whole training step by every kernel family, compared with float64 in plain loops.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { type BatchRow, Model, type ModelShape, TrainingStep } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
import { families, half, testDevice } from "../support/device.ts";
import { l2Error, maxError } from "../support/golden.ts";
import { lossAndGradients, type Named } from "../reference/llama.ts";

const cases = 14;

/** Each family in f32 and, where the adapter has half precision, in f16. */
const forms = families.flatMap((family) => [
  { family, dtype: "f32" as const },
  ...family !== "plain" && half ? [{ family, dtype: "f16" as const }] : [],
]);

/** Tolerances: relative loss, largest error of a gradient over its largest number, relative L2 error of a gradient. */
const tolerance = { f32: { loss: 1e-5, max: 2e-4, l2: 1e-4 }, f16: { loss: 2e-3, max: 0.1, l2: 0.06 } };

interface Drawn {
  shape: ModelShape & { context: number };
  rows: BatchRow[];
  microBatch: number;
  save: "all" | "linear" | "block";
}

/** Even cases have widths and lengths that are multiples of 8, which the fast kernels take; odd cases have any. */
function draw(seed: number): Drawn {
  const random = new Random(1000 + seed);
  const byEights = seed % 2 === 0;
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  const pick = <T>(...from: T[]): T => from[random.below(from.length)];
  const kvHeads = between(1, 3);
  const heads = kvHeads * between(1, 3);
  const headDim = byEights ? pick(8, 16, 24) : 2 * between(1, 7);
  const context = byEights ? 8 * between(1, 5) : between(1, 37);
  const shape = {
    dim: heads * headDim,
    layers: between(1, 3),
    heads,
    kvHeads,
    hidden: byEights ? 8 * between(1, 12) : between(1, 90),
    vocabSize: byEights ? 8 * between(1, 12) : between(2, 90),
    context,
    normEps: pick(1e-6, 1e-5, 1e-2),
    ropeTheta: pick(100, 10_000, 500_000),
    tieEmbeddings: random.below(2) === 0,
  };
  const count = between(1, 4);
  const rows = Array.from({ length: count }, (_, b) => {
    const length = b === 0 ? context : between(1, context); // the first is full, others are padded
    const ids = Array.from({ length }, () => random.below(shape.vocabSize));
    const targets = ids.map(() => random.below(6) === 0 ? -100 : random.below(shape.vocabSize));
    if (b === 0) targets[0] = random.below(shape.vocabSize); // a batch keeps at least one target
    let start = 0;
    const first = ids.map((_, t) => start = t > 0 && random.below(7) === 0 ? t : start);
    return random.below(3) === 0 ? { ids, targets } : { ids, targets, first };
  });
  return { shape, rows, microBatch: between(1, count), save: pick("all", "linear", "block") };
}

/** Weights so large that attention is far from uniform and the gates far from linear. */
function drawWeights(model: Model, seed: number): Named {
  const random = new Random(seed);
  return new Map(
    stateOf(model).layout.parameters.map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const spread = 1.5 / Math.sqrt(shape[1] ?? 1);
      const one = () => shape.length === 1 ? 1 + 0.3 * random.normal() : spread * random.normal();
      return [name, Float64Array.from(Float32Array.from({ length: size }, one))];
    }),
  );
}

for (let seed = 0; seed < cases; seed++) {
  const { shape, rows, microBatch, save } = draw(seed);
  const { dim, layers, heads, kvHeads, hidden, vocabSize, context } = shape;
  const title =
    `fuzz ${seed}: dim ${dim}, ${layers} layers, ${heads}/${kvHeads} heads, ffn ${hidden}, vocabulary ` +
    `${vocabSize}, ${rows.length} x ${context} by ${microBatch}, ${save}`;
  let want: ReturnType<typeof lossAndGradients> | undefined;
  for (const { family, dtype } of forms) {
    Deno.test(`${title} (${family}${dtype === "f16" ? ", f16" : ""})`, async () => {
      using model = await Model.create(shape, { device: await testDevice(family), dtype });
      const weights = drawWeights(model, seed);
      model.setParameters(new Map([...weights].map(([name, w]) => [name, Float32Array.from(w)])));
      want ??= lossAndGradients(model.config, weights, rows);
      const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
      const step = await TrainingStep.create(model, { microBatch, context, save, ...options });
      const got = await step.gradients(rows);
      step.dispose();
      const most = tolerance[dtype];
      assert.ok(Math.abs(got.loss / want.loss - 1) < most.loss, `loss ${got.loss}, want ${want.loss}`);
      assert.deepEqual([...got.gradients.keys()].sort(), [...want.gradients.keys()].sort());
      for (const [name, g] of got.gradients) {
        const w = Float32Array.from(want.gradients.get(name)!);
        assert.ok(maxError(g, w) < most.max, `${name}: max error ${maxError(g, w)}`);
        assert.ok(l2Error(g, w) < most.l2, `${name}: L2 error ${l2Error(g, w)}`);
      }
    });
  }
}

Deno.test("the reference itself agrees with finite differences of its loss", async () => {
  const { shape, rows } = draw(5);
  using model = await Model.create(shape, { device: await testDevice() });
  const weights = drawWeights(model, 5);
  const { gradients } = lossAndGradients(model.config, weights, rows);
  for (const [name, w] of weights) {
    const direction = w.map((_, i) => Math.sin(12.9898 * (i + 1)));
    const step = 1e-5;
    const along = (sign: number) => {
      const moved = new Map(weights).set(name, w.map((x, i) => x + sign * step * direction[i]));
      return lossAndGradients(model.config, moved, rows).loss;
    };
    const got = gradients.get(name)!.reduce((sum, g, i) => sum + g * direction[i], 0);
    const want = (along(1) - along(-1)) / (2 * step);
    assert.ok(Math.abs(got - want) < 1e-7 + 1e-6 * Math.abs(want), `${name}: ${got}, want ${want}`);
  }
});

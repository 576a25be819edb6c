/**
 * The start of every implementation of the comparison: weights and one batch, as a safetensors file.
 *
 * They are what PyTorch draws after `torch.manual_seed(0)` for this model. The losses of the fixed batch are therefore
 * known, and a fast step that computes something else is noticed.
 *
 * @module
 */
import { writeSafetensors } from "../../src/formats/mod.ts";
import { type BatchRow, type ModelShape, resolveConfig, WeightLayout } from "../../src/model/mod.ts";
import { MersenneTwister } from "./mersenne_twister.ts";

/** The bench model. */
export const benchShape = {
  dim: 128,
  layers: 4,
  heads: 4,
  hidden: 352,
  vocabSize: 1024,
  context: 128,
  normEps: 1e-5,
  ropeTheta: 10000,
} as const satisfies ModelShape;

/** Sequences of the bench batch, of `benchShape.context` positions each. */
export const benchBatch = 8;

/** Losses of the first five steps (PyTorch 1.13 and 2.13, f32; lr 1e-3, betas 0.9 and 0.95, decay 0.1, clip 1). */
export const benchLosses = [6.9565, 6.7539, 6.6095, 6.485, 6.3689] as const;

/** Weights by their Hugging Face names, and the batch. */
export interface Start {
  /** [out, in] matrices of normal(0, 0.02), norms of ones. */
  weights: Map<string, Float32Array<ArrayBuffer>>;
  /** [batch, context + 1] token ids. */
  ids: Int32Array<ArrayBuffer>;
}

/** Draws the start in PyTorch's order; the initial values of its layers are drawn first and skipped. */
export function makeStart(): Start {
  const config = resolveConfig(benchShape);
  const layout = new WeightLayout(config);
  const random = new MersenneTwister(0);
  const matrices = layout.parameters.filter((p) => p.shape.length === 2); // in the order of PyTorch's model
  const size = ({ shape }: { shape: readonly number[] }) => shape.reduce((a, b) => a * b, 1);
  for (const matrix of matrices) random.skip(size(matrix));
  const weights = new Map(matrices.map((matrix) => [matrix.name, random.normal(size(matrix), 0.02)]));
  for (const p of layout.parameters) {
    if (p.shape.length === 1) weights.set(p.name, new Float32Array(size(p)).fill(1));
  }
  const length = benchBatch * (config.context + 1);
  return { weights, ids: Int32Array.from({ length }, () => random.next() % config.vocabSize) };
}

/** Returns the rows of the batch: each position predicts the next id. */
export function startRows({ ids }: Start): BatchRow[] {
  const T = benchShape.context;
  return Array.from({ length: benchBatch }, (_, b) => {
    const row = ids.subarray(b * (T + 1), (b + 1) * (T + 1));
    return { ids: row.subarray(0, T), targets: row.subarray(1) };
  });
}

/** Writes the start for implementations in other languages: the weights, and `ids` as i32. */
export async function writeStart(path: string, { weights, ids }: Start): Promise<void> {
  const layout = new WeightLayout(resolveConfig(benchShape));
  const tensors = layout.parameters.map(({ name, shape }) => ({
    name,
    shape,
    dtype: "F32" as const,
    data: weights.get(name)!,
  }));
  await writeSafetensors(path, [...tensors, {
    name: "ids",
    shape: [benchBatch, benchShape.context + 1],
    dtype: "I32" as const,
    data: ids,
  }]);
}

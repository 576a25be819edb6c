/**
 * Cross-entropy over the vocabulary, alone and joined with the output layer.
 *
 *     nll_r = log sum_v exp(x_rv) - x_r,target        loss = sum_r nll_r / kept
 *     dx_rv = (softmax(x_r)_v - [v = target]) / kept
 *
 * where x [R, V] are the logits, target [R] are token ids, and kept is the number of targets of the whole batch that are
 * not ignored; a negative target such as -100 is ignored. Columns beyond the vocabulary, which a padded output matrix
 * gives, take no part in the sums, and their gradient is 0.
 *
 * The joined form holds one chunk of the logits at a time: a chunk of rows is multiplied by the output matrix, replaced by
 * its own gradient, and multiplied into the gradients of the layer.
 *
 * @module
 */
import {
  type DeviceProfile,
  grid2d,
  kernel,
  type Recorder,
  reductions,
  type Tensor,
  vectorPrelude,
} from "../gpu/mod.ts";
import { argmax } from "./argmax.ts";
import { matmul, sumUnit } from "./matmul/matmul.ts";
import { alignedRows, rowRanges, rowsOf } from "./row_ranges.ts";
import source from "./cross_entropy.wgsl" with { type: "text" };

/**
 * WGSL by the floats in a `Vec`: reads element i, makes the unit vector of element i, keeps the first n elements, and
 * computes exp(v - origin).
 */
const elements = {
  8: `fn one(i: u32) -> Vec { return Vec(vec4<f32>(vec4<u32>(i) == ELEMENTS[0]), vec4<f32>(vec4<u32>(i) == ELEMENTS[1])); }
fn pick(v: Vec, i: u32) -> f32 { return total(times(v, one(i))); }
fn firsts(v: Vec, n: u32) -> Vec {
  let least = vec4<f32>(-1e30);
  return Vec(select(least, v[0], ELEMENTS[0] < vec4<u32>(n)), select(least, v[1], ELEMENTS[1] < vec4<u32>(n)));
}
fn expFrom(origin: f32, v: Vec) -> Vec { return Vec(exp(v[0] - origin), exp(v[1] - origin)); }
`,
  4: `fn one(i: u32) -> Vec { return vec4<f32>(vec4<u32>(i) == vec4<u32>(0u, 1u, 2u, 3u)); }
fn pick(v: Vec, i: u32) -> f32 { return v[i]; }
fn firsts(v: Vec, n: u32) -> Vec { return select(Vec(-1e30), v, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(n)); }
fn expFrom(origin: f32, v: Vec) -> Vec { return exp(v - Vec(origin)); }
`,
  1: `fn one(i: u32) -> Vec { return 1.0; }
fn pick(v: Vec, i: u32) -> f32 { return v; }
fn firsts(v: Vec, n: u32) -> Vec { return select(-1e30, v, n > 0u); }
fn expFrom(origin: f32, v: Vec) -> Vec { return exp(v - Vec(origin)); }
`,
};

/** Tensors that the loss reads and writes besides the logits. */
export interface LossInput {
  /** [R] i32 token ids; negative ones are ignored. */
  targets: Tensor;
  /** [1] f32: 1 / kept targets of the whole batch. */
  scale: Tensor;
  /** [R] f32 receives the loss of each row in nats, 0 where ignored. */
  nll: Tensor;
  /** [R] u32 receives the most likely token of each row, for scoring. */
  best?: Tensor;
  /** Tokens of the vocabulary, at most V (default V). */
  vocabSize?: number;
}

/**
 * Records the loss of each row of `logits` [R, V], whose targets and losses begin at entry `start` of the input's (default
 * 0). With gradients it replaces the logits by their gradient.
 */
export function crossEntropy(
  r: Recorder,
  logits: Tensor,
  { targets, scale, nll, vocabSize = logits.cols }: LossInput,
  start = 0,
): void {
  const { width, prelude } = vectorPrelude(r.device, { x: logits }, logits.cols);
  const constants = { GRAD: r.gradients, PADDED: vocabSize < logits.cols };
  const made = kernel("cross_entropy", source, constants, prelude + elements[width] + reductions(r.device));
  for (const { first, rows, tensor } of rowRanges(r.device, logits)) {
    const params = { rows, cols: logits.cols / width, first: start + first, vocab: vocabSize };
    r.call(made, { targets, step: scale, x: tensor, nll }, params, grid2d(rows));
  }
}

/** Upper limit of the bytes of logits held at once, where that is no less than 128 rows. [ours] */
const maxChunkBytes = 32 * 2 ** 20;

/** Returns the rows of a chunk of logits: what suits memory, and no more than a buffer and a binding hold. */
function chunkRows({ limits }: DeviceProfile, V: number, ...sliced: Tensor[]): number {
  const suits = Math.max(128, Math.floor(maxChunkBytes / (V * 4) / 128) * 128);
  const unit = Math.max(sumUnit, ...sliced.map(alignedRows));
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const bound = Math.floor(most / (V * 4) / unit) * unit;
  return Math.max(unit, Math.min(suits, bound));
}

/**
 * Records the output layer, logits = x W^T for `x` [R, D] and `weight` [V, D], and the loss, chunk by chunk. With gradients
 * it adds dW to `weight.gradSum` and leaves dx.
 */
export function outputLoss(r: Recorder, x: Tensor, weight: Tensor, input: LossInput): void {
  const [V, D] = [weight.rows, weight.cols];
  const R = x.rows;
  const dx = r.tensor("dout", [R, D]);
  const maxRows = chunkRows(r.device, V, x, dx);
  for (let first = 0; first < R; first += maxRows) {
    const rows = Math.min(maxRows, R - first);
    const logits = r.tensor("logits", [rows, V]);
    const xs = rowsOf(x, { first, rows });
    matmul(r, "nt", xs, weight, logits, false, R);
    if (input.best) argmax(r, logits, input.best, first, input.vocabSize);
    crossEntropy(r, logits, input, first);
    if (!r.gradients) continue;
    matmul(r, "nn", logits, weight, rowsOf(dx, { first, rows }), false, R);
    if (weight.gradSum) matmul(r, "tn", logits, xs, weight.gradSum, true, V, false);
  }
  r.onBackward(() => r.grad(x, dx));
}

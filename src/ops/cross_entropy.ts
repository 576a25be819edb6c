/**
 * Cross-entropy over the vocabulary, alone and joined with the output layer.
 *
 *     nll_r = log sum_v exp(x_rv) - x_r,target       loss = sum of nll / number of kept targets of the whole batch
 *     dx_rv = (softmax(x_r)_v - [v = target]) / kept
 *
 * A target of -100 is ignored. The joined form never holds more than a chunk of the logits [R, V]: a chunk of rows
 * goes through the output matrix, becomes its own gradient in place, and is spent at once.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor, vectors, width } from "../gpu/mod.ts";
import { argmax } from "./argmax.ts";
import { matmul } from "./matmul/matmul.ts";
import source from "./cross_entropy.wgsl" with { type: "text" };

/** Reading one element of a `Vec`, and the unit vector of one. */
const elements = {
  4: `fn pick(v: Vec, i: u32) -> f32 { return v[i]; }
fn one(i: u32) -> Vec { return vec4<f32>(vec4<u32>(i) == vec4<u32>(0u, 1u, 2u, 3u)); }
`,
  1: `fn pick(v: Vec, i: u32) -> f32 { return v; }
fn one(i: u32) -> Vec { return 1.0; }
`,
};

/** What the loss needs besides logits. */
export interface LossInput {
  /** [R] i32; below 0 is ignored. */
  targets: Tensor;
  /** [1] f32 on the GPU: 1 / kept targets of the whole batch. */
  scale: Tensor;
  /** [R] f32: receives the loss of each row in nats, 0 where ignored. */
  nll: Tensor;
  /** [R] u32, for scoring: receives the most likely token of each row (forward only). */
  best?: Tensor;
}

/** Records the loss of each row of `logits` [R, V]; with gradients the logits become their own gradient, in place. */
export function crossEntropy(r: Recorder, logits: Tensor, { targets, scale, nll }: LossInput): void {
  const w = width(logits.cols);
  const rows = logits.rows;
  const made = kernel(
    "cross_entropy",
    source,
    { GRAD: r.gradients },
    vectors(w) + elements[w] + reductions(r.device),
  );
  r.call(made, { targets, step: scale, x: logits, nll }, { rows, cols: logits.cols / w }, grid2d(rows));
}

/** Most bytes of logits held at once. */
const chunkBytes = 32 * 2 ** 20;

/**
 * Records the output layer and the loss of `x` [R, D] against `weight` [V, D], chunk by chunk.
 * With gradients it adds dW to `weight.gradSum` and passes dx on.
 */
export function outputLoss(r: Recorder, x: Tensor, weight: Tensor, input: LossInput): void {
  const [V, D] = [weight.rows, weight.cols];
  const R = x.rows;
  const most = Math.max(128, Math.floor(chunkBytes / (V * 4) / 128) * 128); // keeps every slice on a 256-byte border
  const dx = r.tensor("dout", [R, D]);
  for (let start = 0; start < R; start += most) {
    const rows = Math.min(most, R - start);
    const slice = (t: Tensor) => t.view(t.name, [rows, t.cols], start * t.cols);
    const part = (t: Tensor) => t.view(t.name, [rows], start);
    const logits = r.tensor("logits", [rows, V]);
    const xs = slice(x);
    matmul(r, "nt", xs, weight, logits);
    if (input.best) argmax(r, logits, part(input.best));
    crossEntropy(r, logits, { targets: part(input.targets), scale: input.scale, nll: part(input.nll) });
    if (!r.gradients) continue;
    matmul(r, "nn", logits, weight, slice(dx));
    if (weight.gradSum) matmul(r, "tn", logits, xs, weight.gradSum, true);
  }
  r.onBackward(() => r.grad(x, dx));
}

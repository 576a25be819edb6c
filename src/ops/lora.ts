/**
 * Low-rank adaptation (Hu et al. 2021): a frozen matrix and a product of two thin ones.
 *
 *     W = W0 + s B A            dA += (dy s B)^T x        dB += s dy^T (x A^T)
 *
 * W is written out after every update, so the forward pass and dx are those of an ordinary weight; only dW, the largest
 * product of the backward pass, is never formed. x is [R, in], dy [R, out], A [r, in], B [out, r].
 *
 * A matrix that is several to a checkpoint (queries, keys, values) has a pair for each part that is adapted. To the
 * products they are one pair: the A's one below another, the B's as blocks of a wide matrix that is 0 elsewhere.
 *
 *         | Bq  0  |
 *     B = | 0   0  |        A = | Aq |
 *         | 0   Bv |            | Av |
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor } from "../gpu/mod.ts";
import { matmul } from "./matmul/matmul.ts";
import source from "./lora.wgsl" with { type: "text" };

/** The thin matrices of a weight, both with their `gradSum`. */
export interface Adapter {
  /** [n r, in] the A's of its n adapted parts. */
  a: Tensor;
  /** [out, n r] the B's as blocks, times s. Its gradient is summed without s, outside the blocks too. */
  b: Tensor;
}

/** Records what a linear layer y = x W^T adds to the gradients of its adapter. */
export function adapterGrad(r: Recorder, x: Tensor, dy: Tensor, { a, b }: Adapter): void {
  const down = r.tensor("down", [x.rows, a.rows]);
  const ddown = r.tensor("ddown", [x.rows, a.rows]);
  matmul(r, "nt", x, a, down);
  matmul(r, "tn", dy, down, b.gradSum!, true);
  matmul(r, "nn", dy, b, ddown);
  matmul(r, "tn", ddown, x, a.gradSum!, true);
}

/** Records W += s B A. */
export function addAdapter(r: Recorder, weight: Tensor, { a, b }: Adapter): void {
  matmul(r, "nn", b, a, weight, true);
}

/** A B as checkpoints hold it, [rows, r] at `thin` of a flat tensor, and its block's first element of the wide matrix. */
export interface AdaptedBlock {
  /** Rows. */
  rows: number;
  /** Its rank r. */
  rank: number;
  /** First element among the thin ones. */
  thin: number;
  /** First element of the wide matrix. */
  wide: number;
}

/** Records the copy of a thin B into its block, times s. */
export function spreadBlock(
  r: Recorder,
  thin: Tensor,
  wide: Tensor,
  block: AdaptedBlock,
  scale: number,
): void {
  copy(r, thin, wide, block, wide.cols, scale, true);
}

/** Records the copy of a block out of the wide gradient, times s: the gradient of a thin B. */
export function gatherBlock(
  r: Recorder,
  wide: Tensor,
  thin: Tensor,
  block: AdaptedBlock,
  scale: number,
): void {
  copy(r, wide, thin, block, wide.cols, scale, false);
}

function copy(
  r: Recorder,
  x: Tensor,
  y: Tensor,
  { rows, rank, thin, wide }: AdaptedBlock,
  stride: number,
  scale: number,
  spread: boolean,
): void {
  const params = { size: rows * rank, rank, thin, wide, stride, scale };
  r.call(kernel("lora", source, { SPREAD: spread }), { x, y }, params, grid2d(Math.ceil(rows * rank / 64)));
}

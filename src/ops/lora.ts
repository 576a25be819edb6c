/**
 * Low-rank adaptation (LoRA): a frozen matrix plus the product of two thin ones. The method is by Hu et al. 2021.
 *
 *     W = W0 + s B A
 *     dA += (dy s B)^T x        dB += s dy^T (x A^T)
 *
 * where x is [R, in], dy is [R, out], A is [r, in], B is [out, r], r is the rank and s the scale. W is written out after
 * every update, so that forward and dx are those of an ordinary weight; dW, the largest product of the backward pass, is
 * never formed.
 *
 * A matrix that joins several of a checkpoint (queries, keys, values) has a pair for each part that is adapted. The
 * products treat them as one pair: the A's one below another, the B's as blocks of a wide matrix that is 0 elsewhere.
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

/** The two thin matrices of a weight, each with its `gradSum`. */
export interface Adapter {
  /** [n r, in] the A's of the n adapted parts. */
  a: Tensor;
  /** [out, n r] the B's as blocks, times s. Its gradient is summed without s, also outside the blocks. */
  b: Tensor;
}

/** Records dA and dB of the layer y = x W^T, from `x` [R, in] and `dy` [R, out]. */
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

/** The place of a matrix B [rows, rank] in a flat tensor of thin ones, and of its block in the wide matrix. */
export interface AdaptedBlock {
  /** Rows. */
  rows: number;
  /** Rank r. */
  rank: number;
  /** First element in the tensor of thin matrices. */
  thin: number;
  /** First element in the wide matrix. */
  wide: number;
}

/** Records the copy of a thin B into its block, times `scale`. */
export function spreadBlock(
  r: Recorder,
  thin: Tensor,
  wide: Tensor,
  block: AdaptedBlock,
  scale: number,
): void {
  copy(r, thin, wide, block, wide.cols, scale, true);
}

/** Records the copy of a block of the wide gradient, times `scale`, into the gradient of the thin B. */
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

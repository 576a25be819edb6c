/**
 * The most likely token of each row of logits.
 *
 *     best_r = the least c with x_rc = max_c x_rc
 *
 * where x is [R, C] and best is [R]. There is no backward.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor } from "../gpu/mod.ts";
import { rowRanges } from "./row_ranges.ts";
import source from "./argmax.wgsl" with { type: "text" };

/**
 * Records the index of the largest entry of each row of `x` [R, C] into `best`, u32, from entry `start` on (default 0), the
 * first on a tie, among the first `cols` columns (default C); C < 2^24.
 */
export function argmax(r: Recorder, x: Tensor, best: Tensor, start = 0, cols = x.cols): void {
  const made = kernel("argmax", source, {}, reductions(r.device));
  for (const { first, rows, tensor } of rowRanges(r.device, x)) {
    r.call(
      made,
      { x: tensor, best },
      { rows, cols, stride: x.stride, first: start + first },
      grid2d(rows),
    );
  }
}

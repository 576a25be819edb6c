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
import source from "./argmax.wgsl" with { type: "text" };

/** Records the index of the largest entry of each row of `x` [R, C] into `best` [R] u32, the first on a tie; C < 2^24. */
export function argmax(r: Recorder, x: Tensor, best: Tensor): void {
  r.call(
    kernel("argmax", source, {}, reductions(r.device)),
    { x, best },
    { rows: x.rows, cols: x.cols },
    grid2d(x.rows),
  );
}

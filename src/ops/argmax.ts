/**
 * The most likely token of each row.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor } from "../gpu/mod.ts";
import source from "./argmax.wgsl" with { type: "text" };

/** Records `best` [R] u32 = index of the largest entry of each row of `x` [R, C], C below 2^24; the first on a tie. Forward only. */
export function argmax(r: Recorder, x: Tensor, best: Tensor): void {
  r.call(
    kernel("argmax", source, {}, reductions(r.device)),
    { x, best },
    { rows: x.rows, cols: x.cols },
    grid2d(x.rows),
  );
}

/**
 * Learned positions, a table with a vector for each position (Vaswani and others 2017; GPT-2), which RoPE replaced.
 *
 *     y_r = x_r + P_p(r)
 *     dx = dy        dP_q += sum of dy_r over the rows r with p(r) = q
 *
 * where x and y are [R, D], the table P is [T, D], and p [R] are positions below T; one beyond is taken
 * as the last, so that rows of padding stay finite. A table that cannot be bound as a whole
 * is read, and its gradient written, by ranges of rows.
 *
 * @module
 */
import {
  grid2d,
  kernel,
  type Recorder,
  stored,
  type Tensor,
  vectors,
  weightReaders,
  width,
} from "../gpu/mod.ts";
import forwardSource from "./learned_positions.wgsl" with { type: "text" };
import gradSource from "./learned_positions_grad.wgsl" with { type: "text" };
import { rowRanges } from "./row_ranges.ts";
import { unroll } from "./unroll.ts";

/**
 * Records y = x + P of the rows' positions, and its backward; returns y [R, D].
 *
 * @param table P [T, D]
 * @param positions [n] u32; those of the rows of `x` begin at element `skip` (default 0)
 */
export function learnedPositions(
  r: Recorder,
  x: Tensor,
  table: Tensor,
  positions: Tensor,
  skip = 0,
): Tensor {
  const { rows, cols: D } = x;
  const w = width(D);
  const cols = D / w;
  const last = table.rows - 1;
  const y = r.tensor("placed", [rows, D], x.dtype);
  const q8 = table.dtype === "q8";
  const source = unroll(forwardSource, { names: { q8, last: q8 ? 5 : 4 }, indices: {}, macros: {} });
  const prelude = vectors(w) + weightReaders(r.device, w, { table }) + stored(w, { x, y });
  const forward = kernel("learned_positions", source, {}, prelude);
  for (const { first, rows: count, tensor } of rowRanges(r.device, table)) {
    const args = { x, positions, table: tensor, y, ...tensor.scales && { table_scales: tensor.scales } };
    r.call(forward, args, { rows, cols, skip, first, count, last }, grid2d(Math.ceil(rows * cols / 64)));
  }
  r.onBackward(() => {
    r.grad(x, y.grad!);
    if (!table.gradSum) return;
    const backward = kernel(
      "learned_positions_grad",
      gradSource,
      { WG: r.device.subgroup || 64 },
      vectors(w),
    );
    for (const { first, rows: count, tensor } of rowRanges(r.device, table.gradSum)) {
      const args = { positions, dy: y.grad!, dtable: tensor };
      r.call(backward, args, { rows, cols, skip, first, count, last }, grid2d(count));
    }
  });
  return y;
}

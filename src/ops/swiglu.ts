/**
 * The gate of the feed-forward block (Shazeer 2020), on the joined outputs of W1 and W3.
 *
 *     y = a s b                         s = sigmoid(a)
 *     da = dy b s (1 + a (1 - s))       db = dy a s
 *
 * where x = [a | b] is [R, 2F], and y is [R, F]. x is the widest activation of a model: it is read by ranges of rows where
 * it cannot be bound as a whole.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor, vectors, width } from "../gpu/mod.ts";
import { cutRows, rowsOf } from "./row_ranges.ts";
import forwardSource from "./swiglu.wgsl" with { type: "text" };
import gradSource from "./swiglu_grad.wgsl" with { type: "text" };

/** Records the gate of `x` [R, 2F] and its backward; returns y [R, F]. */
export function swiglu(r: Recorder, x: Tensor): Tensor {
  const rows = x.rows;
  const F = x.cols / 2;
  const w = width(F);
  const cols = F / w;
  const constants = { WG: r.device.subgroup || 64 };
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("gated", [rows, F], x.dtype);
    const made = kernel("swiglu", forwardSource, constants, vectors(w) + stored(w, { x, y }));
    for (const range of cutRows(r.device, [x, y])) {
      const args = { x: rowsOf(x, range), y: rowsOf(y, range) };
      r.call(made, args, { rows: range.rows, cols }, grid2d(range.rows));
    }
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const dx = r.tensor("dgate", [rows, 2 * F]);
    const grad = kernel("swiglu_grad", gradSource, constants, vectors(w) + stored(w, { x }));
    const [input, dy] = [r.forBackward(x), y.grad!];
    for (const range of cutRows(r.device, [input, dy, dx])) {
      const args = { x: rowsOf(input, range), dy: rowsOf(dy, range), dx: rowsOf(dx, range) };
      r.call(grad, args, { rows: range.rows, cols }, grid2d(range.rows));
    }
    r.grad(x, dx);
  });
  return y;
}

/**
 * The gate of the feed-forward block (Shazeer 2020), on the joined outputs of W1 and W3.
 *
 *     y = a s b                         s = sigmoid(a)
 *     da = dy b s (1 + a (1 - s))       db = dy a s
 *
 * where x = [a | b] is [R, 2F], and y is [R, F].
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor, vectors, width } from "../gpu/mod.ts";
import forwardSource from "./swiglu.wgsl" with { type: "text" };
import gradSource from "./swiglu_grad.wgsl" with { type: "text" };

/** Records the gate of `x` [R, 2F] and its backward; returns y [R, F]. */
export function swiglu(r: Recorder, x: Tensor): Tensor {
  const rows = x.rows;
  const F = x.cols / 2;
  const w = width(F);
  const cols = F / w;
  const grid = grid2d(rows);
  const constants = { WG: r.device.subgroup || 64 };
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("gated", [rows, F], x.dtype);
    r.call(kernel("swiglu", forwardSource, constants, vectors(w) + stored(w, { x, y })), { x, y }, {
      rows,
      cols,
    }, grid);
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const dx = r.tensor("dgate", [rows, 2 * F]);
    const grad = kernel("swiglu_grad", gradSource, constants, vectors(w) + stored(w, { x }));
    r.call(grad, { x: r.forBackward(x), dy: y.grad!, dx }, { rows, cols }, grid);
    r.grad(x, dx);
  });
  return y;
}

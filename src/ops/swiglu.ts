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
import { grid2d, kernel, type Recorder, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import { cutRows, rowsOf } from "./row_ranges.ts";
import forwardSource from "./swiglu.wgsl" with { type: "text" };
import gradSource from "./swiglu_grad.wgsl" with { type: "text" };

/** WGSL of the sigmoid of each element of a `Vec`, by the floats in it. */
const sigmoid = (width: number) =>
  width === 8
    ? "fn sigmoid(v: Vec) -> Vec { return Vec(1.0 / (1.0 + exp(-v[0])), 1.0 / (1.0 + exp(-v[1]))); }\n"
    : "fn sigmoid(v: Vec) -> Vec { return Vec(1.0) / (Vec(1.0) + exp(-v)); }\n";

/** Records the gate of `x` [R, 2F] and its backward; returns y [R, F]. */
export function swiglu(r: Recorder, x: Tensor): Tensor {
  const rows = x.rows;
  const F = x.cols / 2;
  const constants = { WG: r.device.subgroup || 64 };
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("gated", [rows, F], x.dtype);
    const { width, prelude } = vectorPrelude(r.device, { x, y }, F);
    const made = kernel("swiglu", forwardSource, constants, prelude + sigmoid(width));
    for (const range of cutRows(r.device, [x, y])) {
      const args = { x: rowsOf(x, range), y: rowsOf(y, range) };
      r.call(made, args, { rows: range.rows, cols: F / width }, grid2d(range.rows));
    }
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const dx = r.tensor("dgate", [rows, 2 * F]);
    const [input, dy] = [r.forBackward(x), y.grad!];
    const { width, prelude } = vectorPrelude(r.device, { x: input, dy, dx }, F);
    const grad = kernel("swiglu_grad", gradSource, constants, prelude + sigmoid(width));
    for (const range of cutRows(r.device, [input, dy, dx])) {
      const args = { x: rowsOf(input, range), dy: rowsOf(dy, range), dx: rowsOf(dx, range) };
      r.call(grad, args, { rows: range.rows, cols: F / width }, grid2d(range.rows));
    }
    r.grad(x, dx);
  });
  return y;
}

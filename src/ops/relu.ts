/**
 * The rectified linear unit (Nair and Hinton 2010), the activation of the first transformer.
 *
 *     y = max(x, 0)
 *     dx = dy where x > 0, else 0
 *
 * where x and y are [R, F]. At 0, where the derivative jumps, it is taken as 0.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import forwardSource from "./relu.wgsl" with { type: "text" };
import gradSource from "./relu_grad.wgsl" with { type: "text" };
import { cutRows, rowsOf } from "./row_ranges.ts";

/** WGSL of `keepPositive(d, v)`, the elements of `d` where those of `v` are positive, by the floats in a `Vec`. */
const keepPositive = (width: 1 | 4 | 8) => {
  const part = width === 1 ? "f32" : "vec4<f32>";
  const kept = (d: string, v: string) => `select(${part}(), ${d}, ${v} > ${part}())`;
  const value = width === 8 ? `Vec(${kept("d[0]", "v[0]")}, ${kept("d[1]", "v[1]")})` : kept("d", "v");
  return `fn keepPositive(d: Vec, v: Vec) -> Vec { return ${value}; }\n`;
};

/** Records y = max(x, 0) of `x` [R, F] and its backward; returns y [R, F]. */
export function relu(r: Recorder, x: Tensor): Tensor {
  const { rows, cols } = x;
  const constants = { WG: r.device.subgroup || 64 };
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("relu", [rows, cols], x.dtype);
    const { width, prelude } = vectorPrelude(r.device, { x, y }, cols);
    const made = kernel("relu", forwardSource, constants, prelude + keepPositive(width));
    for (const range of cutRows(r.device, [x, y])) {
      const args = { x: rowsOf(x, range), y: rowsOf(y, range) };
      r.call(made, args, { rows: range.rows, cols: cols / width }, grid2d(range.rows));
    }
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const dx = r.tensor("drelu", [rows, cols]);
    const [input, dy] = [r.forBackward(x), y.grad!];
    const { width, prelude } = vectorPrelude(r.device, { x: input, dy, dx }, cols);
    const grad = kernel("relu_grad", gradSource, constants, prelude + keepPositive(width));
    for (const range of cutRows(r.device, [input, dy, dx])) {
      const args = { x: rowsOf(input, range), dy: rowsOf(dy, range), dx: rowsOf(dx, range) };
      r.call(grad, args, { rows: range.rows, cols: cols / width }, grid2d(range.rows));
    }
    r.grad(x, dx);
  });
  return y;
}

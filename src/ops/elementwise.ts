/**
 * A function of each number of a tensor, and its backward pass, from two kernels.
 *
 *     y = f(x)        dx = dy f'(x)
 *
 * where x and y are [R, F]. A tensor that cannot be bound as a whole is read by ranges of rows.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import { cutRows, rowsOf } from "./row_ranges.ts";

/** The kernels of a function: one reads `x` and writes `y`, the other reads `x` and `dy` and writes `dx`. */
interface ElementwiseKernels {
  /** Name of the forward kernel and of its result; `name_grad` is the backward kernel. */
  name: string;
  /** WGSL of the forward kernel. */
  forward: string;
  /** WGSL of the backward kernel. */
  grad: string;
  /** Returns WGSL that both begin with, by the floats in a `Vec`. */
  functions: (width: 1 | 4 | 8) => string;
}

/** Records y = f(x) of `x` [R, F] and its backward; returns y [R, F]. */
export function elementwise(r: Recorder, x: Tensor, kernels: ElementwiseKernels): Tensor {
  const { rows, cols } = x;
  const { name, functions } = kernels;
  const constants = { WG: r.device.subgroup || 64 };
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor(name, [rows, cols], x.dtype);
    const { width, prelude } = vectorPrelude(r.device, { x, y }, cols);
    const made = kernel(name, kernels.forward, constants, prelude + functions(width));
    for (const range of cutRows(r.device, [x, y])) {
      const args = { x: rowsOf(x, range), y: rowsOf(y, range) };
      r.call(made, args, { rows: range.rows, cols: cols / width }, grid2d(range.rows));
    }
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const dx = r.tensor(`d${name}`, [rows, cols]);
    const [input, dy] = [r.forBackward(x), y.grad!];
    const { width, prelude } = vectorPrelude(r.device, { x: input, dy, dx }, cols);
    const grad = kernel(`${name}_grad`, kernels.grad, constants, prelude + functions(width));
    for (const range of cutRows(r.device, [input, dy, dx])) {
      const args = { x: rowsOf(input, range), dy: rowsOf(dy, range), dx: rowsOf(dx, range) };
      r.call(grad, args, { rows: range.rows, cols: cols / width }, grid2d(range.rows));
    }
    r.grad(x, dx);
  });
  return y;
}

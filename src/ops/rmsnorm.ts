/**
 * Root mean square layer normalisation (Zhang and Sennrich 2019), in front of each block and of the output.
 *
 *     r = 1 / sqrt(mean_i(x_i^2) + eps)        xh = x r        y = xh g
 *     dg += sum over rows of dy xh             dx = r (dy g - xh mean_i(dy_i g_i xh_i))
 *
 * where x, y and xh are [R, D], g is [D], r is [R], and i runs over the D numbers of a row.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import forwardSource from "./rmsnorm.wgsl" with { type: "text" };
import gradSource from "./rmsnorm_grad.wgsl" with { type: "text" };
import weightGradSource from "./rmsnorm_weight_grad.wgsl" with { type: "text" };
import weightGradSharedSource from "./rmsnorm_weight_grad_shared.wgsl" with { type: "text" };

/** Records the normalisation of `x` [R, D] by rows with `weight` g [D], and its backward. */
export function rmsnorm(r: Recorder, x: Tensor, weight: Tensor, eps: number): Tensor {
  const rows = x.rows;
  const D = x.cols;
  const scale = r.tensor("rms", [rows]);
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("norm", [rows, D], x.dtype);
    const tensors = { x, g: weight, y };
    const { width, prelude } = vectorPrelude(r.device, tensors, D);
    const made = kernel("rmsnorm", forwardSource, {}, prelude + reductions(r.device));
    r.call(made, { ...tensors, scale }, { rows, cols: D / width, eps }, grid2d(rows));
    return y;
  };
  const y = r.recomputable(forward(x), () => forward(r.forBackward(x)));
  r.onBackward(() => {
    const input = r.forBackward(x);
    const dy = y.grad!;
    const residual = r.takeGrad(x);
    const dx = r.tensor("dnorm", [rows, D]);
    const tensors = { x: input, g: weight, dy, base: residual ?? dy, dx };
    const { width, prelude } = vectorPrelude(r.device, tensors, D);
    const settings = { BASE: residual !== undefined };
    const cols = D / width;
    const grad = kernel("rmsnorm_grad", gradSource, settings, prelude + reductions(r.device));
    r.call(grad, { ...tensors, scale }, { rows, cols }, grid2d(rows));
    r.grad(x, dx);
    if (!weight.gradSum) return;
    const sums = { x: input, dy, dg: weight.gradSum };
    const by = vectorPrelude(r.device, sums, D);
    const weightGrad = r.device.family === "shared"
      ? kernel("rmsnorm_weight_grad_shared", weightGradSharedSource, {}, by.prelude)
      : kernel("rmsnorm_weight_grad", weightGradSource, {}, by.prelude);
    r.call(weightGrad, { ...sums, scale }, { rows, cols: D / by.width }, [Math.ceil(D / by.width / 8)]);
  });
  return y;
}

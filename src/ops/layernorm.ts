/**
 * Layer normalisation (Ba, Kiros and Hinton 2016), which RMSNorm replaced.
 *
 *     m = mean_i(x_i)        r = 1 / sqrt(mean_i((x_i - m)^2) + eps)        xh = (x - m) r        y = xh g + b
 *     dg += sum over rows of dy xh        db += sum over rows of dy
 *     dx = r (dy g - mean_i(dy_i g_i) - xh mean_i(dy_i g_i xh_i))
 *
 * where x, y and xh are [R, D], the weight g and the bias b are [D], m and r are [R], and i runs over the D numbers of a row.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import forwardSource from "./layernorm.wgsl" with { type: "text" };
import gradSource from "./layernorm_grad.wgsl" with { type: "text" };
import weightGradSource from "./layernorm_weight_grad.wgsl" with { type: "text" };
import weightGradSharedSource from "./layernorm_weight_grad_shared.wgsl" with { type: "text" };

/** WGSL of `centred(v, m)`, the elements of `v` minus `m`, by the floats in a `Vec`. */
const centred = (width: number) =>
  width === 8
    ? "fn centred(v: Vec, m: f32) -> Vec { return Vec(v[0] - m, v[1] - m); }\n"
    : "fn centred(v: Vec, m: f32) -> Vec { return v - m; }\n";

/** Records the normalisation of `x` [R, D] by rows with `weight` g [D] and `bias` b [D], and its backward. */
export function layernorm(r: Recorder, x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
  const rows = x.rows;
  const D = x.cols;
  const stats = r.tensor("moments", [rows, 2]);
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("norm", [rows, D], x.dtype);
    const tensors = { x, g: weight, b: bias, y };
    const { width, prelude } = vectorPrelude(r.device, tensors, D);
    const made = kernel("layernorm", forwardSource, {}, prelude + centred(width) + reductions(r.device));
    r.call(made, { ...tensors, stats }, { rows, cols: D / width, eps }, grid2d(rows));
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
    const shared = prelude + centred(width) + reductions(r.device);
    const grad = kernel("layernorm_grad", gradSource, settings, shared);
    r.call(grad, { ...tensors, stats }, { rows, cols }, grid2d(rows));
    r.grad(x, dx);
    if (!weight.gradSum && !bias.gradSum) return;
    const sumOf = ({ gradSum }: Tensor) => gradSum ?? r.tensor("unused", [D]); // one of them may be frozen
    const sums = { x: input, dy, dg: sumOf(weight), db: sumOf(bias) };
    const by = vectorPrelude(r.device, sums, D);
    const weightGrad = r.device.family === "shared"
      ? kernel("layernorm_weight_grad_shared", weightGradSharedSource, {}, by.prelude + centred(by.width))
      : kernel("layernorm_weight_grad", weightGradSource, {}, by.prelude + centred(by.width));
    r.call(weightGrad, { ...sums, stats }, { rows, cols: D / by.width }, [Math.ceil(D / by.width / 8)]);
  });
  return y;
}

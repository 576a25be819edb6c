/**
 * Root mean square layer normalisation (Zhang and Sennrich 2019), in front of each block and of the output.
 *
 *     r = 1 / sqrt(mean_i(x_i^2) + eps)        y_i = x_i r g_i
 *     with G = dy and xh = x r:
 *     dg += sum over rows of G xh              dx = r (G g - xh mean_i(G_i g_i xh_i))
 *
 * x and y are [R, D], g is [D].
 *
 * @module
 */
import { fold, kernel, type Recorder, reductions, stored, type Tensor, vectors, width } from "../gpu/mod.ts";
import forwardSource from "./rmsnorm.wgsl" with { type: "text" };
import gradSource from "./rmsnorm_grad.wgsl" with { type: "text" };
import weightGradSource from "./rmsnorm_weight_grad.wgsl" with { type: "text" };

/** Records the normalisation of `x` by rows and its backward. */
export function rmsnorm(r: Recorder, x: Tensor, weight: Tensor, eps: number): Tensor {
  const rows = x.rows, D = x.cols, w = width(D), cols = D / w, prelude = vectors(w) + reductions(r.device);
  const scale = r.tensor("rms", [rows]);
  const forward = (x: Tensor): Tensor => {
    const y = r.tensor("norm", [rows, D], x.dtype);
    r.call(
      kernel("rmsnorm", forwardSource, {}, prelude + stored(w, { x, y })),
      { x, g: weight, y, scale },
      { rows, cols, eps },
      fold(rows),
    );
    return y;
  };
  const y = r.cheap(forward(x), () => forward(r.saved(x)));
  r.onBackward(() => {
    const from = r.saved(x), dy = y.grad!, base = r.takeGrad(x), dx = r.tensor("dnorm", [rows, D]);
    const grad = kernel("rmsnorm_grad", gradSource, { BASE: base !== undefined }, prelude + stored(w, { x }));
    r.call(grad, { x: from, g: weight, scale, dy, base: base ?? dy, dx }, { rows, cols }, fold(rows));
    r.grad(x, dx);
    if (!weight.gradSum) return;
    const weightGrad = kernel("rmsnorm_weight_grad", weightGradSource, {}, vectors(w) + stored(w, { x }));
    r.call(weightGrad, { x: from, scale, dy, dg: weight.gradSum }, { rows, cols }, [Math.ceil(cols / 8)]);
  });
  return y;
}

/**
 * Softmax by rows, for parts of a model that a user writes. LLaMA's attention and loss contain their own.
 *
 *     y = exp(x - max x) / sum exp(x - max x)
 *     dx = y (dy - sum(dy y))
 *
 * where x and y are [R, C], and maximum and sums are over a row. Masked entries are large negative numbers such as -3e38,
 * since shaders may assume that no infinity occurs.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, reductions, type Tensor, vectors, width } from "../gpu/mod.ts";
import forwardSource from "./softmax.wgsl" with { type: "text" };
import gradSource from "./softmax_grad.wgsl" with { type: "text" };

/** Records the softmax of each row of `x` [R, C] and its backward. */
export function softmax(r: Recorder, x: Tensor): Tensor {
  const rows = x.rows;
  const w = width(x.cols);
  const cols = x.cols / w;
  const prelude = vectors(w) + reductions(r.device);
  const y = r.tensor("softmax", x.shape);
  r.call(kernel("softmax", forwardSource, {}, prelude), { x, y }, { rows, cols }, grid2d(rows));
  r.onBackward(() => {
    const dx = r.tensor("dsoftmax", x.shape);
    r.call(
      kernel("softmax_grad", gradSource, {}, prelude),
      { y, dy: y.grad!, dx },
      { rows, cols },
      grid2d(rows),
    );
    r.grad(x, dx);
  });
  return y;
}

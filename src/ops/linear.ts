/**
 * A linear layer without bias.
 *
 *     y = x W^T        dx = dy W        dW += dy^T x
 *
 * where x is [R, in], W is [out, in] as checkpoints store it, y is [R, out].
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";
import { matmul } from "./matmul.ts";

/** Records y = x W^T and its backward. */
export function linear(r: Recorder, name: string, x: Tensor, weight: Tensor): Tensor {
  const y = r.tensor(name, [x.rows, weight.rows], x.dtype);
  matmul(r, "nt", x, weight, y);
  r.onBackward(() => {
    const dy = y.grad!, dx = r.tensor(`d${name}.x`, [x.rows, x.cols]);
    if (weight.gradSum) matmul(r, "tn", dy, r.saved(x), weight.gradSum, true);
    matmul(r, "nn", dy, weight, dx);
    r.grad(x, dx);
  });
  return y;
}

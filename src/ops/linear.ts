/**
 * A linear layer without bias.
 *
 *     y = x W^T
 *     dx = dy W        dW += dy^T x
 *
 * where x is [R, in], W is [out, in] as checkpoints store it, y is [R, out]. A frozen weight, which has no `gradSum`, takes
 * no gradient; its adapter takes one.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";
import { type Adapter, adapterGrad } from "./lora.ts";
import { matmul } from "./matmul/matmul.ts";

/** Records y = x W^T and its backward; `name` labels y. */
export function linear(r: Recorder, name: string, x: Tensor, weight: Tensor, adapter?: Adapter): Tensor {
  const y = r.tensor(name, [x.rows, weight.rows], x.dtype);
  matmul(r, "nt", x, weight, y);
  r.onBackward(() => {
    const dy = y.grad!;
    const dx = r.tensor(`d${name}.x`, [x.rows, x.cols]);
    if (weight.gradSum) matmul(r, "tn", dy, r.forBackward(x), weight.gradSum, true);
    if (adapter) adapterGrad(r, r.forBackward(x), dy, adapter);
    matmul(r, "nn", dy, weight, dx);
    r.grad(x, dx);
  });
  return y;
}

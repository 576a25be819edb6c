/**
 * The residual connection, an elementwise sum.
 *
 *     y = a + b
 *     da = dy        db = dy
 *
 * where a, b and y have equal shapes.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";

/** Records y = a + b and its backward, which needs no kernel: dy is the gradient of both inputs. */
export function add(r: Recorder, a: Tensor, b: Tensor): Tensor {
  const y = r.sum("sum", a, b);
  r.onBackward(() => {
    r.grad(a, y.grad!);
    r.grad(b, y.grad!);
  });
  return y;
}

/**
 * Exchanges of rows between the t processes that hold the parts of a model (Korthikanti and others 2022).
 *
 *     gather: y = rows of all x, one below another        dx = own rows of the sum of all dy
 *     scatter: y = own rows of the sum of all x           dx = rows of all dy, one below another
 *     sum: y = sum of all x
 *
 * where x of gather and y of scatter are [R / t, C], and the others are [R, C]. Each of the first two is the other's
 * backward; `sum` is for recordings without gradients. Sums are added in f32 in the order of processes, and rounded once
 * where rows are f16.
 *
 * @module
 */
import type { ExchangeKind, Recorder, Tensor } from "../gpu/mod.ts";

/** Records the rows of all `of` processes and their backward: the input of a layer that is cut by its outputs. */
export function gatherRows(r: Recorder, x: Tensor, of: number): Tensor {
  return exchange(r, "gather", "scatter", x, of);
}

/** Records the own rows of the sum over `of` processes and their backward: the output of a layer cut by its inputs. */
export function scatterRows(r: Recorder, x: Tensor, of: number): Tensor {
  return exchange(r, "scatter", "gather", x, of);
}

/** Records the sum over `of` processes for a recording without gradients. */
export function sumRows(r: Recorder, x: Tensor, of: number): Tensor {
  if (r.gradients) throw new Error("Cannot sum rows with gradients: scatter them");
  return r.exchange("sum", x, of);
}

function exchange(r: Recorder, kind: ExchangeKind, back: ExchangeKind, x: Tensor, of: number): Tensor {
  const forward = (x: Tensor) => r.exchange(kind, x, of);
  const y = forward(x);
  r.onBackward(() => r.grad(x, r.exchange(back, y.grad!, of)));
  return kind === "gather" ? r.recomputable(y, () => forward(r.forBackward(x))) : y;
}

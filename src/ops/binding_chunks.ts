/**
 * Flat tensors larger than the adapter binds at once, piece by piece.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";

/** A range of a flat tensor, in elements. */
export interface BindingChunk {
  /** First element. */
  start: number;
  /** Number of elements. */
  size: number;
}

/** Cuts a tensor into pieces that the adapter can bind, each but the last a multiple of `unit` elements. */
export function bindingChunks(r: Recorder, tensor: Tensor, unit: number): BindingChunk[] {
  const most = Math.floor(Math.min(r.device.limits.maxStorageBufferBindingSize, 2 ** 28) / 4 / unit) * unit;
  const count = Math.ceil(tensor.size / most);
  return Array.from(
    { length: count },
    (_, i) => ({ start: i * most, size: Math.min(most, tensor.size - i * most) }),
  );
}

/**
 * Ranges of flat tensors that are larger than an adapter can bind at once.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";

/** A range of a flat tensor, in elements. */
interface BindingChunk {
  /** First element. */
  start: number;
  /** Number of elements. */
  size: number;
}

/** Cuts a flat tensor into ranges that the adapter can bind, each but the last a multiple of `unit` elements. */
export function bindingChunks(r: Recorder, tensor: Tensor, unit: number): BindingChunk[] {
  const maxSize = Math.floor(Math.min(r.device.limits.maxStorageBufferBindingSize, 2 ** 28) / 4 / unit) *
    unit;
  const count = Math.ceil(tensor.size / maxSize);
  return Array.from(
    { length: count },
    (_, i) => ({ start: i * maxSize, size: Math.min(maxSize, tensor.size - i * maxSize) }),
  );
}

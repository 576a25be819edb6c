/**
 * Memory by lifetime: two tensors share a buffer when one is dead before the other is born.
 *
 * @module
 */
import type { Device } from "./device.ts";
import type { Storage } from "./tensor.ts";

/** What a plan needs, and what it would need without sharing. */
export interface MemoryPlan {
  /** Bytes of the buffers made. */
  bytes: number;
  /** Bytes if every tensor had its own. */
  unshared: number;
  /** The buffers made. */
  buffers: GPUBuffer[];
}

/** A kernel call as the plan sees it: the storages it touches. */
export type Uses = readonly Storage[];

/**
 * Gives a buffer to every storage that has none. First fit by size, never more than half again too large.
 *
 * @param calls in order of execution
 * @param keep storages that must outlive the last call, such as logits that the host reads
 */
export function plan(
  device: Device,
  owner: string,
  calls: readonly Uses[],
  keep: ReadonlySet<Storage>,
): MemoryPlan {
  const last = new Map<Storage, number>();
  calls.forEach((uses, i) => uses.forEach((s) => s.buffer || last.set(s, keep.has(s) ? Infinity : i)));
  const result: MemoryPlan = { bytes: 0, unshared: 0, buffers: [] };
  const free: GPUBuffer[] = [];
  try {
    calls.forEach((uses, i) => {
      for (const storage of uses) {
        if (storage.buffer) continue;
        result.unshared += storage.bytes;
        storage.buffer = take(free, storage.bytes) ??
          make(device, `${owner}: activations`, storage.bytes, result);
      }
      for (const storage of new Set(uses)) if (last.get(storage) === i) free.push(storage.buffer!);
    });
  } catch (error) {
    for (const buffer of result.buffers) device.free(buffer);
    throw error;
  }
  return result;
}

function take(free: GPUBuffer[], bytes: number): GPUBuffer | undefined {
  let best = -1;
  free.forEach((buffer, i) => {
    const fits = buffer.size >= bytes && buffer.size <= bytes * 1.5 + 1024;
    if (fits && (best < 0 || buffer.size < free[best].size)) best = i;
  });
  return best < 0 ? undefined : free.splice(best, 1)[0];
}

function make(device: Device, owner: string, bytes: number, result: MemoryPlan): GPUBuffer {
  const buffer = device.buffer(owner, bytes);
  result.bytes += buffer.size;
  result.buffers.push(buffer);
  return buffer;
}

/**
 * Memory by lifetime: two tensors share a buffer when one is dead before the other is born.
 *
 * @module
 */
import type { BufferRange } from "./tensor.ts";

/** What a plan needs, and what it would need without sharing. */
export interface MemoryPlan {
  /** Bytes of the buffers. */
  bytes: number;
  /** Bytes if every tensor had its own. */
  unshared: number;
  /** Number of buffers. */
  count: number;
}

/** A kernel call as the plan sees it: the storages it touches. */
export type Uses = readonly BufferRange[];

/**
 * Assigns a block to every storage that has no buffer. First fit by size, never more than half again too large.
 *
 * @param calls in order of execution
 * @param keep storages that must outlive the last call, such as logits that the host reads
 * @param make called for each block: makes its memory, or only counts it
 * @param assign called for each storage with its block
 */
export function plan<Block extends { size: number }>(
  calls: readonly Uses[],
  keep: ReadonlySet<BufferRange>,
  make: (bytes: number) => Block,
  assign: (storage: BufferRange, block: Block) => void,
): MemoryPlan {
  const last = new Map<BufferRange, number>();
  const blocks = new Map<BufferRange, Block>();
  const free: Block[] = [];
  calls.forEach((uses, i) => uses.forEach((s) => s.buffer || last.set(s, keep.has(s) ? Infinity : i)));
  const result: MemoryPlan = { bytes: 0, unshared: 0, count: 0 };
  calls.forEach((uses, i) => {
    for (const storage of uses) {
      if (!last.has(storage) || blocks.has(storage)) continue;
      result.unshared += storage.bytes;
      const block = take(free, storage.bytes) ?? grow(make(storage.bytes), result);
      blocks.set(storage, block);
    }
    for (const storage of new Set(uses)) if (last.get(storage) === i) free.push(blocks.get(storage)!);
  });
  for (const [storage, block] of blocks) assign(storage, block);
  return result;
}

function take<Block extends { size: number }>(free: Block[], bytes: number): Block | undefined {
  let best = -1;
  free.forEach((block, i) => {
    const fits = block.size >= bytes && block.size <= bytes * 1.5 + 1024;
    if (fits && (best < 0 || block.size < free[best].size)) best = i;
  });
  return best < 0 ? undefined : free.splice(best, 1)[0];
}

function grow<Block extends { size: number }>(block: Block, result: MemoryPlan): Block {
  result.bytes += block.size;
  result.count++;
  return block;
}

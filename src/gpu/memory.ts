/**
 * Memory by lifetime: two tensors share a buffer when the last use of one comes before the first use of the other.
 *
 * @module
 */
import type { BufferRange } from "./tensor.ts";

/** The memory of a program. */
export interface MemoryPlan {
  /** Bytes of the buffers. */
  bytes: number;
  /** Bytes that the tensors would take without sharing. */
  unshared: number;
  /** Number of buffers. */
  count: number;
}

/**
 * Assigns a block of memory to every storage that has no buffer: the smallest free block that fits and is at most half
 * again as large (and 1 kB), else a new one.
 *
 * @param calls storages of each call, in order of execution
 * @param keep storages that are read after the last call, such as logits
 * @param make called for each new block: allocates its memory, or only counts it
 * @param assign called for each storage with its block
 */
export function plan<Block extends { size: number }>(
  calls: readonly (readonly BufferRange[])[],
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

/**
 * The order in which a micro-batch finishes the buckets of its gradients, and the segments that end with each.
 *
 * Buckets follow the arena, which holds the table of tokens, the blocks, the output matrix and the norms; the backward pass
 * writes the output matrix first and the table last. So the buckets are sorted by the last call that writes to them. The
 * bucket with the norms waits for the first block; it is one of many.
 *
 * @module
 */
import { type Call, isDispatch, type Segment } from "../../../gpu/mod.ts";
import type { Arena } from "../../weights/arena.ts";
import { type ElementRange, overlap } from "../../weights/owned_ranges.ts";

/** Calls of a program that are submitted together, and the bucket that is complete with them. */
export interface BucketSegment extends Segment {
  /** Index of the bucket; undefined where the segment ends with an exchange of rows, or behind the last bucket. */
  bucket?: number;
}

/** Returns the indices of buckets in the order in which `calls` finish them, each with the index after its last writer. */
export function bucketOrder(
  calls: readonly Call[],
  gradients: Arena,
  buckets: readonly ElementRange[],
): { bucket: number; end: number }[] {
  const ends = buckets.map(() => 0);
  calls.forEach((call, i) => {
    for (const range of writtenRanges(call, gradients)) {
      buckets.forEach((bucket, k) => {
        if (overlap(bucket, range)) ends[k] = i + 1;
      });
    }
  });
  return ends.map((end, bucket) => ({ bucket, end })).sort((a, b) => a.end - b.end || a.bucket - b.bucket);
}

/** Returns the elements of an arena that a call writes. */
function writtenRanges(call: Call, gradients: Arena): ElementRange[] {
  if (!isDispatch(call)) return [];
  const { kernel, args } = call;
  return kernel.bindings.filter(({ writes }) => writes).flatMap(({ name }) => {
    const { storage, offset, bytes } = args[name];
    let start = 0;
    for (const chunk of gradients.chunks) {
      if (chunk.storage === storage) return [{ start: start + offset / 4, size: bytes / 4 }];
      start += chunk.size;
    }
    return [];
  });
}

/**
 * Cuts the segments of a program behind the last writer of each bucket as well.
 *
 * @param order the buckets, each with the index after its last writer, ascending
 */
export function bucketSegments(
  order: readonly { bucket: number; end: number }[],
  program: readonly Segment[],
): BucketSegment[] {
  const cut: BucketSegment[] = [];
  let next = 0;
  for (const { first, end, exchange } of program) {
    let from = first;
    for (; next < order.length && order[next].end <= end; next++) {
      const { bucket, end } = order[next];
      cut.push({ first: from, end: Math.max(from, end), bucket });
      from = Math.max(from, end);
    }
    if (exchange || from < end) cut.push({ first: from, end, exchange });
  }
  return cut;
}

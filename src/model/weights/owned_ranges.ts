/**
 * The elements of an arena that a rank updates where optimizer states are divided over ranks (ZeRO stage 1, Rajbhandari and
 * others 2020).
 *
 * An arena is cut into buckets of about 64 MB, and every bucket into one part per rank. A bucket is what one exchange of
 * gradients carries: since every rank owns a part of every bucket, each exchange is a reduce-scatter in which all ranks send
 * and receive alike, and it can start as soon as the backward pass has written that bucket. Ranges that divide the arena as
 * a whole would be fewer, but a bucket would then belong to one rank, which alone received while the others waited.
 *
 * Parts are whole units of 4,096 elements, those whose squares the gradient norm sums, so that no sum depends on the number
 * of ranks. All buckets but the last are multiples of ranks x 4,096 elements, so together the parts of a rank hold at most
 * one unit more than its share of the arena.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";
import { normPart } from "../../ops/mod.ts";

/** A range of elements of an arena. */
export interface ElementRange {
  /** First element. */
  start: number;
  /** Number of elements. */
  size: number;
}

/** A range of an arena that is exchanged at once. */
export interface Bucket extends ElementRange {
  /** Elements of each rank's part, a multiple of 4,096; the parts together may reach beyond the end of the arena. */
  part: number;
}

/** The place of a rank in its group. */
export type RankPlace = Pick<Group, "rank" | "size">;

/** Elements of a bucket: 64 MiB of f32. [ours] */
export const defaultBucketSize = 2 ** 24;

/** Cuts an arena of `size` elements into buckets of about `bucketSize` elements for so many ranks. */
export function bucketsOf(size: number, ranks: number, bucketSize: number = defaultBucketSize): Bucket[] {
  const unit = normPart * ranks;
  const step = Math.max(1, Math.floor(bucketSize / unit)) * unit;
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => {
    const start = i * step;
    const length = Math.min(step, size - start);
    return { start, size: length, part: Math.ceil(length / unit) * normPart };
  });
}

/** Returns the part of a bucket that rank `rank` owns; it may be empty. */
export function partOf({ start, size, part }: Bucket, rank: number): ElementRange {
  const first = Math.min(size, rank * part);
  return { start: start + first, size: Math.min(part, size - first) };
}

/** Returns the elements of an arena of `size` elements that a rank owns, in their order: one range per bucket. */
export function ownedRanges(
  size: number,
  { rank, size: ranks }: RankPlace,
  bucketSize: number = defaultBucketSize,
): ElementRange[] {
  return bucketsOf(size, ranks, bucketSize).map((bucket) => partOf(bucket, rank)).filter(({ size }) =>
    size > 0
  );
}

/** Returns the common elements of two ranges; undefined where there are none. */
export function overlap(a: ElementRange, b: ElementRange): ElementRange | undefined {
  const start = Math.max(a.start, b.start);
  const size = Math.min(a.start + a.size, b.start + b.size) - start;
  return size > 0 ? { start, size } : undefined;
}

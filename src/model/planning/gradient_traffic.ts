/**
 * The exchanges of a step that follow its micro-batches: gradients, losses, parts of the norm, and weights.
 *
 * @module
 */
import type { CollectiveKind } from "../../base/collective_log.ts";
import { normPart } from "../../ops/mod.ts";
import { onTheWay } from "../training/parallel/gradient_exchange.ts";
import { gatherBatches } from "../training/parallel/weight_gather.ts";
import { type Bucket, bucketsOf, overlap, partOf } from "../weights/owned_ranges.ts";
import type { Traffic } from "./network.ts";
import type { PlannedRanks } from "./plan_options.ts";

/** The arena that a step trains. */
export interface TrainedArena {
  /** Its elements. */
  size: number;
  /** First element that all model ranks hold alike; undefined where there is one model rank. */
  replicated?: number;
  /** Bytes of a weight as it is gathered. */
  bytes: 2 | 4;
  /** Elements from the first norm to the end of the last, which are gathered in f32 beside halves. */
  norms?: { start: number; size: number };
}

/** Counts the exchanges of the first rank. */
export function gradientTraffic(arena: TrainedArena, ranks: PlannedRanks): Traffic[] {
  const buckets = bucketsOf(arena.size, ranks.data);
  return [
    ...(ranks.data > 1 ? dataTraffic(arena, ranks, buckets) : []),
    ...(ranks.model > 1 ? modelTraffic(arena, ranks, buckets) : []),
  ];
}

function dataTraffic(
  { size, bytes, norms }: TrainedArena,
  { data, lanes, zero }: PlannedRanks,
  buckets: readonly Bucket[],
): Traffic[] {
  const others = data - 1;
  const rounds = lanes / data;
  const parts = sumOf(buckets.map(({ part }) => part));
  const owned = sumOf(buckets.map((bucket) => partOf(bucket, 0).size));
  const exchange = (
    label: string,
    kind: CollectiveKind,
    count: number,
    bytes: number,
    staged = 0,
  ): Traffic => ({
    group: "data",
    label,
    kind,
    count,
    bytes: bytes * others,
    staged,
  });
  const all = buckets.length;
  const read = 4 * rounds * size + (zero === 1 ? 4 * owned : 0);
  const summed = [
    exchange("gradients", "reduceScatter", rounds * all, 4 * rounds * parts, read),
    exchange("loss", "allGather", 1, 4 * rounds),
  ];
  if (zero === 0) return [...summed, exchange("gradients", "allGather", all, 4 * parts, 4 * size)];
  const updated = [
    exchange("norm parts", "allGather", 1, 4 * parts / normPart),
    exchange("weights", "allGather", gatherBatches(buckets).length, bytes * parts, bytes * size),
  ];
  if (!norms) return [...summed, ...updated];
  const ownNorms = sumOf(buckets.map((bucket) => overlap(partOf(bucket, 0), norms)?.size ?? 0));
  return [...summed, ...updated, exchange("norms", "allToAll", 1, 4 * ownNorms)];
}

function modelTraffic(
  { size, replicated = size }: TrainedArena,
  { data, model, lanes }: PlannedRanks,
  buckets: readonly Bucket[],
): Traffic[] {
  const others = model - 1;
  const group = "model" as const;
  const shared = buckets.flatMap((bucket) =>
    overlap(partOf(bucket, 0), { start: replicated, size: Infinity }) ?? []
  );
  const bytes = 4 * others * sumOf(shared.map(({ size }) => Math.ceil(size / model)));
  const gradients = { group, label: "replicated gradients", count: shared.length, bytes, staged: 0 };
  const normBytes = 4 * Math.ceil(size / normPart) * others;
  const lossBytes = 4 * lanes / data * others;
  const sums = shared.length ? (["reduceScatter", "allGather"] as const) : [];
  return [
    { group, label: "loss", kind: "allGather", count: 1, bytes: lossBytes, staged: 0 },
    ...sums.map((kind) => ({ ...gradients, kind })),
    { group, label: "norm parts", kind: "allGather", count: 1, bytes: normBytes, staged: 0 },
  ];
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Returns the bytes of the host that these exchanges take at most: what is sent, the sums, and weights received. */
export function hostBytes({ size, bytes }: TrainedArena, { data, model, lanes, zero }: PlannedRanks): number {
  if (lanes === 1 && model === 1) return 0;
  const buckets = bucketsOf(size, data);
  const parts = sumOf(buckets.map(({ part }) => part));
  const staging = 4 * (buckets[0].size + 1);
  const sending = 4 * buckets[0].part * data * Math.min(onTheWay, buckets.length * lanes / data);
  const sums = 4 * parts;
  if (data === 1) return staging + sending + sums;
  if (zero === 0) return staging + sending + sums + 4 * parts * data;
  const batch = sumOf(gatherBatches(buckets)[0].map(({ part }) => part));
  return staging + sending + sums + bytes * batch + bytes * parts * (data + 1);
}

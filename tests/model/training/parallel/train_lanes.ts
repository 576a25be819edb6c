/**
 * A few training steps of a tiny model in lanes, as one rank of a world: in this process alone, on loopback or under a
 * launcher. Data are masked documents; every fourth batch is short, so that lanes are empty.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { CollectiveCount } from "../../../../src/base/collective_log.ts";
import type { TraceEvent } from "../../../../src/base/trace.ts";
import { type DeviceOptions, openDevice } from "../../../../src/gpu/mod.ts";
import { type BatchRow, Model, type ModelShape, type StepRecord } from "../../../../src/model/mod.ts";
import { stateOf } from "../../../../src/model/model_state.ts";
import type { TrainingStepOptions } from "../../../../src/model/training/build_step.ts";
import type { ParallelOptions } from "../../../../src/model/training/parallel/build_parallel.ts";
import { ParallelStep } from "../../../../src/model/training/parallel/parallel_step.ts";
import { keptTargets } from "../../../../src/model/training/training_step.ts";
import { readParameters } from "../../../../src/model/weights/named_weights.ts";
import { paperStep } from "../../paper_step.ts";

/** Odd on purpose: 5 units of gradients and a bit, a padded vocabulary and feed-forward width. */
export const oddShape: ModelShape = {
  dim: 24,
  layers: 2,
  heads: 3,
  kvHeads: 3,
  hidden: 53,
  vocabSize: 101,
  context: 11,
};

/** Settings of a run. */
export interface LaneRun {
  lanes: number;
  zero?: 0 | 1;
  overlap?: boolean;
  bucketSize?: number;
  shape?: ModelShape;
  dtype?: "f32" | "f16";
  steps?: number;
  batch?: number;
  options?: Partial<TrainingStepOptions>;
  device?: DeviceOptions;
  /** Ranks that hold one copy of the model. */
  modelRanks?: number;
  /** Records of steps before the first one. */
  earlier?: StepRecord[];
  /** Multiplies the learning rate of a step, for spikes and numbers that are not finite. */
  rate?: (step: number) => number;
}

/** The findings of a rank. */
export interface LaneResult {
  /** The records of all steps. */
  curve: StepRecord[];
  /** Hashes of the weights that products read, and of both moments. */
  weights: string;
  m: string;
  v: string;
  /** Collectives of the data ranks by label. */
  counts: Record<string, CollectiveCount>;
  /** Bytes of the buffers whose owner contains each of these words. */
  bytes: Record<"weights" | "gradients" | "moments", number>;
  /** Elements of the arena that is trained. */
  size: number;
  nonFinite?: string;
  events: TraceEvent[];
  overlap: number;
}

const first = (ids: Uint32Array, border: number) => Uint32Array.from(ids, (_, i) => i < border ? 0 : border);

/** Returns the n-th window of the data: two documents, of whose first only the second half is learned. */
export function windowOf(n: number, { vocabSize, context }: ModelShape): BatchRow {
  const ids = Uint32Array.from({ length: context! }, (_, i) => (i * i * 7 + 13 * n + 3 * i * n) % vocabSize!);
  const border = 2 + n % 5;
  const targets = Int32Array.from(ids, (_, i) => {
    const next = ids[(i + 1) % context!];
    return i < border / 2 || n % 7 === 3 && i > border ? -100 : next;
  });
  return { ids, targets, first: first(ids, border) };
}

/** Returns the windows of a step. */
export function batchOf(step: number, batch: number, shape: ModelShape): BatchRow[] {
  const size = step % 4 === 0 ? Math.min(2, batch) : batch;
  return Array.from({ length: size }, (_, i) => windowOf((step - 1) * batch + i, shape));
}

/** Cuts a batch into the lanes of a rank. */
export function lanesOf(
  rows: readonly BatchRow[],
  lanes: number,
  { rank, size }: { rank: number; size: number },
): BatchRow[][] {
  const border = (i: number) => Math.floor(i * rows.length / lanes);
  return Array.from({ length: lanes / size }, (_, k) => {
    const lane = rank + k * size;
    return rows.slice(border(lane), border(lane + 1));
  });
}

/** Hashes arrays. */
export function hashOf(arrays: Iterable<Float32Array<ArrayBuffer>>): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}

/** Makes the step of a run. */
export function optionsOf(
  { shape = oddShape, options }: Pick<LaneRun, "shape" | "options">,
): TrainingStepOptions {
  return { ...paperStep, microBatch: 2, context: shape.context!, save: "linear", ...options };
}

/** Returns the learning rate of a step. */
export const rateOf = (step: number) => 0.01 * Math.min(1, step / 3);

/** Trains as one rank. */
export async function trainLanes(run: LaneRun): Promise<LaneResult> {
  const { shape = oddShape, dtype = "f32", steps = 20, batch = 9, lanes, zero, overlap, bucketSize } = run;
  const device = await openDevice(run.device);
  const model = await Model.create(shape, { device, dtype, seed: 3, parallel: { model: run.modelRanks } });
  const { ranks } = stateOf(model);
  const parallel: ParallelOptions = { ranks, lanes, zero, overlap, bucketSize };
  const step = await ParallelStep.create(model, optionsOf(run), parallel);
  if (run.earlier) step.recall(run.earlier);
  const curve: StepRecord[] = [];
  for (let t = 1; t <= steps; t++) {
    const rows = batchOf(t, batch, shape);
    await step.run(lanesOf(rows, lanes, ranks.data), t, rateOf(t) * (run.rate?.(t) ?? 1), keptTargets(rows));
    if (t % 3 === 0 || t === steps) curve.push(...await step.read());
  }
  await step.settle();
  const events = step.trace();
  const { overlap: hidden } = step;
  const counts = Object.fromEntries(ranks.data.log.counts);
  const { buffers } = device.memory();
  const bytesOf = (pattern: RegExp) =>
    buffers.filter(({ owner }) => pattern.test(owner)).reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = {
    weights: bytesOf(/: (weights|f16 weights|f16 norms)/),
    gradients: bytesOf(/train gradients/),
    moments: bytesOf(/train [mv]$/),
  };
  const moments: string[] = [];
  for (const moment of ["m", "v"] as const) {
    const arrays: Float32Array<ArrayBuffer>[] = [];
    for await (const { data } of step.moments(moment)) {
      for await (const piece of data()) arrays.push(piece);
    }
    moments.push(hashOf(arrays));
  }
  const state = stateOf(model);
  const halves = state.packed ?? state.trained!;
  const weights = hashOf((await readParameters(device, state.layout, halves)).values());
  const nonFinite = await step.nonFinite();
  const { size } = (step.layout as { places?: { size: number } }).places!;
  const result = {
    curve,
    weights,
    m: moments[0],
    v: moments[1],
    counts,
    bytes,
    size,
    ...nonFinite !== undefined && { nonFinite },
    events,
    overlap: hidden,
  };
  step.dispose();
  model.dispose();
  assertFreed(device.memory().bytes);
  device.close();
  return result;
}

function assertFreed(bytes: number): void {
  if (bytes !== 0) throw new Error(`${bytes} bytes were not freed`);
}

/**
 * The exchanges of a training step, counted without running it: the same numbers as `Group.log` counts in a run.
 *
 * Rows of activations are counted in the recording of a micro-batch; gradients, weights and the rest follow from the layout
 * of the arena.
 *
 * @module
 */
import { type Call, isDispatch } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { AdapterLayout } from "../training/lora_layout.ts";
import type { MemorySettings } from "../training/step_memory.ts";
import { WeightLayout } from "../weights/weight_layout.ts";
import { gradientTraffic, type TrainedArena } from "./gradient_traffic.ts";
import type { Traffic } from "./network.ts";
import type { PlanSettings } from "./plan_options.ts";

/** The sequences of a batch as they are dealt to the copies of a model. */
export interface DealtBatch {
  /** Sequences of the copy that has most of them. */
  most: number;
  /** Micro-batches of the first copy. */
  microBatches: number;
}

/** Deals a batch: lane i begins at sequence floor(i batch / lanes), and copy r of the model has lanes r, r + D, ... */
export function dealBatch({ batch, microBatch, ranks: { lanes, data } }: PlanSettings): DealtBatch {
  const border = (lane: number) => Math.floor(lane * batch / lanes);
  const sequences = new Array<number>(data).fill(0);
  let microBatches = 0;
  for (let lane = 0; lane < lanes; lane++) {
    const size = border(lane + 1) - border(lane);
    sequences[lane % data] += size;
    if (lane % data === 0) microBatches += Math.ceil(size / microBatch);
  }
  return { most: Math.max(...sequences), microBatches };
}

/** Counts the exchanges of rows in a recording that is replayed `times` times by each of `of` model ranks. */
function rowTraffic(calls: readonly Call[], of: number, times: number): Traffic[] {
  const found = new Map<string, Traffic>();
  for (const call of calls) {
    if (isDispatch(call)) continue;
    const { exchange, args: { x, y } } = call;
    const label = `rows ${exchange}`;
    const kind = exchange === "gather" ? "allGather" : x.dtype === "f16" ? "allToAll" : "reduceScatter";
    const bytes = times * (of - 1) * (exchange === "gather" ? x.bytes : x.bytes / of);
    const staged = times * (x.bytes + y.bytes);
    const one = found.get(label + kind);
    if (one) Object.assign(one, add(one, { count: times, bytes, staged }));
    else found.set(label + kind, { group: "model", label, kind, count: times, bytes, staged });
  }
  return [...found.values()];
}

type Sums = Pick<Traffic, "count" | "bytes" | "staged">;

function add(a: Sums, b: Sums): Sums {
  return { count: a.count + b.count, bytes: a.bytes + b.bytes, staged: a.staged + b.staged };
}

/** Bytes of a rank's vote before each step, which all ranks of a trainer exchange: ten numbers of 8 bytes. */
const voteBytes = 80;

/** Counts the exchanges of a step of the first rank, by group and label. */
export function stepTraffic(
  config: ModelConfig,
  { ranks, ...settings }: PlanSettings,
  memory: MemorySettings,
  calls: readonly Call[],
): Traffic[] {
  const { microBatches } = dealBatch({ ranks, ...settings });
  const votes = voteBytes * (ranks.processes - 1);
  return [
    ...rowTraffic(calls, ranks.model, microBatches),
    ...gradientTraffic(trainedArena(config, memory), ranks),
    { group: "world", label: "agree", kind: "allGather", count: 1, bytes: votes, staged: 0 },
  ];
}

/** Returns the arena that a step trains: the weights of a shard, or adapters. */
export function trainedArena(config: ModelConfig, { dtype, lora, shard }: MemorySettings): TrainedArena {
  const layout = new WeightLayout(config, shard);
  const { places: { size }, replicated } = lora ? new AdapterLayout(layout, lora) : layout;
  if (lora || dtype === "f32") return { size, replicated, bytes: 4 };
  const vectors = layout.slots.filter(({ shape }) => shape.length === 1);
  const start = Math.min(...vectors.map(({ start }) => start));
  const end = Math.max(...vectors.map(({ start, shape }) => start + shape[0]));
  return { size, replicated, bytes: 2, norms: { start, size: end - start } };
}

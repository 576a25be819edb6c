/**
 * The part of a plan about several processes: memory by rank, exchanges of a step, and the time of both together.
 *
 * @module
 */
import type { DeviceProfile } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { heldBytes, type MemorySettings, ownedSize, recordStep } from "../training/step_memory.ts";
import { type MeasuredNetwork, type NetworkFigures, type Traffic, trafficSeconds } from "./network.ts";
import type { ParallelFacts, RankMemory, StepSeconds } from "./plan_facts.ts";
import type { PlanSettings } from "./plan_options.ts";
import { bucketsOf } from "../weights/owned_ranges.ts";
import { hostBytes } from "./gradient_traffic.ts";
import { dealBatch, stepTraffic, trainedArena } from "./step_traffic.ts";

/** A run of several processes. */
interface ParallelRun {
  config: ModelConfig;
  settings: PlanSettings;
  memory: MemorySettings;
  device?: DeviceProfile;
  network?: NetworkFigures | MeasuredNetwork;
  flopPerToken: number;
}

/** Plans what each process holds and sends. */
export function planParallel(run: ParallelRun): ParallelFacts {
  const { config, settings, memory, device, network } = run;
  const { processes, model, data, lanes, zero } = settings.ranks;
  const held = { ...memory, ...placeOf(settings, 0) };
  const recorder = recordStep(config, held, device);
  const traffic = stepTraffic(config, settings, held, recorder.calls);
  const sum = (of: (one: Traffic) => number) => traffic.reduce((total, one) => total + of(one), 0);
  const flops = settings.device?.flops;
  return {
    processes,
    model,
    data,
    lanes,
    zero,
    memory: memoryByRank(run, recorder.measure().bytes),
    traffic,
    exchanges: sum(({ count }) => count),
    sent: sum(({ bytes }) => bytes),
    ...(network && { network }),
    ...(network && flops && { step: stepSeconds(run, traffic, network, flops) }),
  };
}

/** Returns the place of copy `rank` of the model, by its first model rank. */
function placeOf({ ranks: { model, data, zero } }: PlanSettings, rank: number): Partial<MemorySettings> {
  return {
    shard: { rank: 0, of: model },
    ...(zero === 1 && data > 1 && { divided: { rank, size: data } }),
  };
}

/** Returns the memory of all ranks, those that hold equally many bytes together. Model ranks of a copy do. */
function memoryByRank({ config, settings, memory }: ParallelRun, activations: number): RankMemory[] {
  const { data, model, zero } = settings.ranks;
  const arena = trainedArena(config, { ...memory, ...placeOf(settings, 0) });
  const buckets = bucketsOf(arena.size, data);
  const host = hostBytes(arena, settings.ranks);
  const found: RankMemory[] = [];
  let before = -1;
  for (let copy = 0; copy < data; copy++) {
    const owned = zero === 1 ? ownedSize(buckets, copy) : arena.size;
    const last = (copy + 1) * model - 1;
    if (owned === before) found.at(-1)!.last = last;
    else {
      const bytes = heldBytes(config, { ...memory, ...placeOf(settings, copy) }, activations);
      found.push({ first: copy * model, last, bytes, host });
    }
    before = owned;
  }
  return found;
}

/** Returns the seconds of a step by its parts. */
function stepSeconds(
  { settings, flopPerToken }: ParallelRun,
  traffic: readonly Traffic[],
  network: NetworkFigures | MeasuredNetwork,
  flops: number,
): StepSeconds {
  const { model, overlap } = settings.ranks;
  const { most, microBatches } = dealBatch(settings);
  const arithmetic = flopPerToken * settings.context * most / (flops * model);
  const sums = { network: { world: 0, data: 0, model: 0 }, staging: { world: 0, data: 0, model: 0 } };
  let gradients = 0;
  for (const one of traffic) {
    const seconds = trafficSeconds(one, network);
    sums.network[one.group] += seconds.network;
    sums.staging[one.group] += seconds.staging;
    if (one.label === "gradients") gradients += seconds.network;
  }
  // The backward pass, two thirds of the arithmetic, of the last micro-batch of each lane: buckets travel under it.
  const hidden = overlap ? Math.min(gradients, 2 / 3 * arithmetic / microBatches) : 0;
  const exposed = [...Object.values(sums.network), ...Object.values(sums.staging)].reduce((a, b) => a + b, 0);
  return { arithmetic, ...sums, hidden, total: arithmetic + exposed - hidden };
}

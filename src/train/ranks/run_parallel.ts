/**
 * The ranks that share a run: all processes of a launcher, or this one alone.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Group, Ranks } from "../../base/exchange.ts";
import { parseOptions } from "../../base/schema.ts";
import { shownByFirst } from "../../base/together.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { singleRanks } from "../../parallel/mod.ts";
import type { MeterPlace } from "../monitoring/energy.ts";
import { parallelSchema, type ParallelSettings, type TrainerParallelOptions } from "../trainer_options.ts";

/** The ranks that share a run, and the settings of the trainer. */
export interface RunParallel extends ParallelSettings {
  /** The ranks. */
  readonly ranks: Ranks;
  /** True for one of several processes that run by themselves. */
  readonly independent: boolean;
}

/**
 * Returns the ranks that train `model`: those that made it together, or with `false` this process alone.
 *
 * @throws {ConfigError} for an unknown or impossible option, and for `false` with a model that several ranks hold parts of
 */
export function runParallel(model: Model, option: false | TrainerParallelOptions): RunParallel {
  const settings = parseOptions(parallelSchema, option || {}, "Trainer.parallel");
  const state = stateOf(model);
  const { ranks } = state;
  const shared = ranks.world.size > 1 || independent.has(state);
  if (option !== false || !shared) return { ...settings, ranks, independent: false };
  if (ranks.model.size > 1) {
    throw new ConfigError(
      `Cannot use Trainer.parallel: ${ranks.model.size} ranks hold the parts of "${model.name}" and train it together, ` +
        "current value is false",
      { path: "Trainer.parallel", value: false },
    );
  }
  return { ...settings, ranks: singleRanks, independent: true };
}

/** Makes the model of a run that is its process's own one that no other process shares. */
export function leaveOthers(model: Model, parallel: RunParallel): void {
  if (!parallel.independent) return;
  const state = stateOf(model);
  independent.add(state);
  state.ranks = singleRanks;
}

/** Models that processes of a launcher train each by itself. */
const independent = new WeakSet<object>();

/**
 * Returns the lanes of a run: those of the trainer, else those of the checkpoint that it goes on from, else one per data
 * rank.
 *
 * @param recorded lanes of the checkpoint
 * @throws {ConfigError} where the number of data ranks does not divide them, naming the numbers that do
 */
export function lanesOf({ lanes: asked, ranks, independent }: RunParallel, recorded?: number): number {
  const { data, model } = ranks;
  const lanes = independent ? 1 : asked ?? recorded ?? data.size;
  if (lanes % data.size === 0) return lanes;
  const fitting = Array.from({ length: lanes }, (_, i) => i + 1).filter((n) => lanes % n === 0);
  const processes = model.size > 1 ? `, each of ${model.size} processes` : "";
  const error = new ConfigError(
    `Cannot use Trainer.parallel.lanes: the number of data ranks must divide it. ` +
      `${lanes > 1 ? `${lanes} lanes run` : "1 lane runs"} on ${fitting.join(" or ")} data rank${
        lanes > 1 ? "s" : ""
      }${processes}; there are ${data.size}`,
    { path: "Trainer.parallel.lanes", value: lanes },
  );
  throw shownByFirst(ranks.world, error);
}

/** Returns the parts of a batch that a step queue needs; undefined for a run that is that of a single process. */
export function queueParallel(
  { ranks, zero, overlap }: RunParallel,
  lanes: number,
): { ranks: Ranks; lanes: number; zero: 0 | 1; overlap: boolean } | undefined {
  return lanes === 1 && ranks.world.size === 1 ? undefined : { ranks, lanes, zero, overlap };
}

/**
 * Returns the place of this rank's energy meter: the watts of a device count once for each rank, and the first rank of each
 * host reads the counters of its processor.
 */
export function metered({ ranks: { world } }: RunParallel): Required<Omit<MeterPlace, "wattHoursBefore">> {
  return {
    devices: world.size,
    hosts: new Set(world.hosts ?? [""]).size,
    counts: isFirstOfHost(world),
  };
}

/** Returns true for the first rank of its host; ranks of one process are on one host. */
export function isFirstOfHost({ hosts, rank }: Group): boolean {
  return hosts ? hosts.indexOf(hosts[rank]) === rank : rank === 0;
}

/** Returns the state's record of the processes; undefined for a run that is that of a single process. */
export function parallelState(
  { ranks }: RunParallel,
  lanes: number,
): { processes: number; model: number; lanes: number } | undefined {
  if (lanes === 1 && ranks.world.size === 1) return undefined;
  return { processes: ranks.world.size, model: ranks.model.size, lanes };
}

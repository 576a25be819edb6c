/**
 * The description of a run, and the state that its parts share while it trains.
 *
 * @module
 */
import type { Model } from "../../model/mod.ts";
import type { CheckpointFolder } from "../checkpoints/checkpoint_folder.ts";
import type { EnergySettings } from "../monitoring/energy.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { LogPlace } from "../monitoring/logs/run_logs.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { KernelTable, RunPlan } from "../monitoring/run_state.ts";
import type { RunParallel } from "../ranks/run_parallel.ts";
import type { RunTrace } from "../ranks/run_trace.ts";
import type { Stage } from "../stages/stage.ts";
import type { Agreement } from "./agree.ts";
import type { RunControl } from "./run_control.ts";

/** An item of a trainer's chain: a stage, or an evaluation. */
export type ChainItem = { stage: Stage } | { evaluation: Evaluation; every?: number };

/** The description of a run, as the trainer makes it. */
export interface RunSpec {
  /** The model that is trained. */
  readonly model: Model;
  /** Stages and evaluations in their order. */
  readonly chain: readonly ChainItem[];
  /** Seed of the window order and of the held-out data. */
  readonly seed: number;
  /** Folder of the checkpoints; without one the run cannot be resumed. */
  readonly folder?: CheckpointFolder;
  /** Checkpoint, or folder of checkpoints, to resume from. */
  readonly resume?: { path: string; force: boolean };
  /** Files and folders to which the run writes its events and curves. */
  readonly logs?: readonly LogPlace[];
  /** Step of the run, counted over all stages, after which it stops by itself. */
  readonly until?: number;
  /** Assumptions about power and grid; false to count no energy. */
  readonly energy: EnergySettings | false;
  /** The ranks that share the run, and how. */
  readonly parallel: RunParallel;
}

/** A run that trains: its description, and the state that its parts share. */
export interface RunContext extends RunSpec {
  /** Stop, pause and abort. */
  readonly control: RunControl;
  /** The record of everything that happened. */
  readonly log: RunLog;
  /** Everything that decides the run's numbers; checkpoints carry it. */
  readonly plan: RunPlan;
  /** Hash of the plan. */
  readonly fingerprint: string;
  /** The kernels in use. */
  readonly kernels: KernelTable;
  /** Parts of a batch whose gradients are added in order. */
  readonly lanes: number;
  /** Times of the devices' work and of exchanges. */
  readonly trace: RunTrace;
  /** The agreements with other ranks; undefined in a single process. */
  readonly agreement?: Agreement;
}

/** Returns the stages of a chain, without its evaluations. */
export function stagesOf(chain: readonly ChainItem[]): Stage[] {
  return chain.flatMap((item) => "stage" in item ? [item.stage] : []);
}

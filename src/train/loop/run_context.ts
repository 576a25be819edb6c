/**
 * What a run is to do, and what its parts share while it does it.
 *
 * @module
 */
import type { Model } from "../../model/mod.ts";
import type { CheckpointFolder } from "../checkpoints/checkpoint_folder.ts";
import type { RunControl } from "./run_control.ts";
import type { EnergyOptions } from "../monitoring/energy.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { Journal } from "../monitoring/run_log.ts";
import type { Stage } from "../stages/stage.ts";
import type { KernelTable, RunPlan } from "../monitoring/run_state.ts";

/** A place in the chain: a stage, or an evaluation. */
export type Item = { stage: Stage } | { evaluation: Evaluation; every?: number };

/** What a run is to do. */
export interface RunContext {
  /** The model. */
  model: Model;
  /** The chain. */
  items: readonly Item[];
  /** Decides order and validation data. */
  seed: number;
  /** Where checkpoints go. */
  folder?: CheckpointFolder;
  /** Where to go on from. */
  resume?: { path: string; force: boolean };
  /** Folder for TensorBoard's event files. */
  log?: string;
  /** Step of the run after which it stops by itself. */
  until?: number;
  /** What is known of the power; false to count no energy. */
  energy: (Required<Omit<EnergyOptions, "watts">> & EnergyOptions) | false;
}

/** What the parts of a run share. */
export interface Work {
  /** What it is to do. */
  job: RunContext;
  /** How it is stopped. */
  control: RunControl;
  /** What it writes down. */
  journal: Journal;
  /** What it is made of. */
  plan: RunPlan;
  /** Hash of the plan. */
  fingerprint: string;
  /** Which kernels run. */
  kernels: KernelTable;
}

/**
 * `state.json`: what a checkpoint holds beside weights and moments, so that a run goes on where it was.
 *
 * It carries the SHA-256 of every other file of the checkpoint and of itself, so that a damaged one is never used.
 *
 * @module
 */
import { digest } from "../../base/cache.ts";
import { FormatError } from "../../base/errors.ts";
import type { LineageStep } from "../../data/mod.ts";
import type { ModelConfig } from "../../model/mod.ts";
import type { KernelChoices } from "../../ops/mod.ts";
import type { EnergyUse } from "./energy.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "./events.ts";
import type { StageSettings } from "../stages/stage.ts";
import type { SourceRecord } from "../stages/stage.ts";

/** A stage as a checkpoint knows it. */
export interface StageRecord {
  /** Its settings. */
  settings: StageSettings;
  /** The identities of its data's steps, readers first. */
  data: LineageStep[];
  /** The same of its own validation data. */
  validation?: LineageStep[];
}

/** What a run is made of: two runs with the same plan on the same kernels give the same numbers. */
export interface RunPlan {
  /** Seed of the run. */
  seed: number;
  /** Shape of the model. */
  model: ModelConfig;
  /** Number format of its working copy and activations. */
  dtype: "f32" | "f16";
  /** Identity of the tokenizer, whatever its chat template; null without one. */
  tokenizer: string | null;
  /** The stages. */
  stages: StageRecord[];
}

/** What decides the last bits of a run's numbers beside its plan. */
export interface KernelTable {
  /** Version of the package. */
  sdk: string;
  /** The adapter. */
  adapter: string;
  /** Lanes of a subgroup, 0 where subgroups are not used. */
  subgroup: number;
  /** Whether 64-bit loads are used. */
  int64: boolean;
  /** Which kernels multiply. */
  choices: KernelChoices;
  /** Sequences that are computed at once in the stages, by name, in which the GPU's memory was too small for those asked for. */
  microBatches?: Record<string, number>;
}

/** A file of the checkpoint. */
export interface FileRecord {
  /** Its size. */
  bytes: number;
  /** SHA-256 in hex. */
  sha256: string;
}

/** Everything in `state.json`. */
export interface RunState {
  /** Version of this layout. */
  format: 1;
  /** Identity of the plan: equal for two runs that must give equal numbers. */
  fingerprint: string;
  /** The plan. */
  plan: RunPlan;
  /** Which kernels ran. */
  kernels: KernelTable;
  /** Which stage, counted from 0. */
  index: number;
  /** Its name. */
  stage: string;
  /** Updates of it that are done. */
  stageStep: number;
  /** Its updates. */
  stageSteps: number;
  /** Updates done in the whole run. */
  step: number;
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Watt-hours, where they are known. */
  wattHours?: number;
  /** Updates skipped in a row. */
  skipped: number;
  /** Whether the run is still bit for bit what it should be. */
  exact: boolean;
  /** The stages that have begun. */
  stages: StageResult[];
  /** One entry a step. */
  history: HistoryEntry[];
  /** The measurements. */
  validations: ValidationEvent[];
  /** What evaluations gave, as JSON; missing in checkpoints of before they were kept. */
  evaluations?: EvaluationEvent[];
  /** The sources of the stages that began, by the names of these; missing in checkpoints of before they were kept. */
  mixtures?: Record<string, SourceRecord[]>;
  /** Energy so far, with its source. */
  energy?: EnergyUse;
  /** What a person should know of. */
  warnings: string[];
  /** The other files of the folder. */
  files: Record<string, FileRecord>;
}

/** The hash by which two plans are compared at a glance. */
export function planFingerprint(plan: RunPlan): Promise<string> {
  return digest(JSON.stringify(plan));
}

/** The text of `state.json`. */
export async function writeState(state: RunState): Promise<string> {
  const body = JSON.stringify(state);
  return JSON.stringify({ ...JSON.parse(body), sha256: await digest(body, 64) }) + "\n";
}

/**
 * Reads `state.json` of a checkpoint.
 *
 * @throws {FormatError} when it is missing, cut short or changed
 */
export async function readState(folder: string): Promise<RunState> {
  const file = `${folder}/state.json`;
  let parsed: RunState & { sha256: string };
  try {
    parsed = JSON.parse(await Deno.readTextFile(file));
  } catch (cause) {
    if (cause instanceof Deno.errors.PermissionDenied) throw cause;
    const missing = cause instanceof Deno.errors.NotFound;
    throw new FormatError(
      missing
        ? "no such file: this is not a whole checkpoint"
        : `not valid JSON: ${(cause as Error).message}`,
      {
        file,
        cause,
      },
    );
  }
  const { sha256, ...state } = parsed;
  if (state.format !== 1) {
    throw new FormatError(
      `format ${state.format} is not known to this version of the package`,
      { file, expected: "format 1" },
    );
  }
  if (sha256 !== await digest(JSON.stringify(state), 64)) {
    throw new FormatError("its checksum does not match: the file was changed or damaged", {
      file,
      expected: sha256,
    });
  }
  for (const entry of state.history) {
    // JSON has no NaN: a skipped step's numbers come back as what they were.
    entry.loss ??= NaN;
    entry.gradNorm ??= NaN;
  }
  return state;
}

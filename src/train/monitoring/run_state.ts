/**
 * The file `state.json` of a checkpoint: everything beside weights and moments that a resumed run needs.
 *
 * It carries the SHA-256 of every other file of the checkpoint and of itself, so that a damaged one is never used.
 *
 * @module
 */
import { digest } from "../../base/cache.ts";
import { FormatError } from "../../base/errors.ts";
import type { LineageStep } from "../../data/mod.ts";
import type { ModelConfig } from "../../model/mod.ts";
import { currentKernelTable, type KernelChoices } from "../../ops/mod.ts";
import type { EnergyUse } from "./energy.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "./events.ts";
import type { OtherWork } from "./metrics.ts";
import { currentSettings, type SourceRecord, type StageSettings } from "../stages/stage.ts";

/** A stage in the plan of a run. */
interface StageRecord {
  /** Its settings. */
  settings: StageSettings;
  /** Identities of the steps that make its data, readers first. */
  data: LineageStep[];
  /** Identities of the steps of its own validation data, where it has some. */
  validation?: LineageStep[];
}

/** Everything that decides a run's numbers beside the kernels: equal plans on equal kernels give equal numbers. */
export interface RunPlan {
  /** Seed of the run. */
  seed: number;
  /** Shape of the model. */
  model: ModelConfig;
  /** Number format of the weights that products read. */
  dtype: "f32" | "f16";
  /** Identity of the tokenizer, chat template left out; null without one. */
  tokenizer: string | null;
  /** Parts of a batch whose gradients are added in order; missing for one. */
  lanes?: number;
  /** The stages. */
  stages: StageRecord[];
}

/** The kernels of a run, which decide the last bits of its numbers. */
export interface KernelTable {
  /** Version of the package. */
  sdk: string;
  /** Revision of the kernels; missing in checkpoints from before the second. */
  revision?: number;
  /** Description of the adapter. */
  adapter: string;
  /** Lanes of a subgroup, 0 where subgroups are not used. */
  subgroup: number;
  /** True when 64-bit loads are used. */
  int64: boolean;
  /** True when lines of zeros complete the matrices of an odd shape to eights; missing for other shapes. */
  padded?: true;
  /** True where halves are read packed and activations are f32, for want of shader-f16; only of models of dtype "f16". */
  packed?: true;
  /** Matmul kernels in use, by the shape of the matrices. */
  choices: KernelChoices;
  /** Micro-batches of the stages, by name, whose own did not fit into the GPU's memory; in sequences. */
  microBatches?: Record<string, number>;
}

/** Size and checksum of a file. */
export interface FileRecord {
  /** Size in bytes. */
  bytes: number;
  /** SHA-256 in hex. */
  sha256: string;
}

/** The content of `state.json`. */
export interface RunState {
  /** Version of this layout. */
  format: 1;
  /** Identity of the plan: equal for two runs that must give equal numbers. */
  fingerprint: string;
  /** The plan. */
  plan: RunPlan;
  /** The kernels. */
  kernels: KernelTable;
  /** Position of the stage among the run's stages, counted from 0. */
  index: number;
  /** Name of the stage. */
  stage: string;
  /** Updates of the stage that are done. */
  stageStep: number;
  /** Updates of the stage. */
  stageSteps: number;
  /** Updates done in the whole run. */
  step: number;
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Seconds of work that were no steps, by their kind; missing in checkpoints of older versions. */
  otherWork?: OtherWork;
  /** Largest number of bytes on the device so far; missing in checkpoints of older versions. */
  peakMemory?: number;
  /** Watt-hours, where they are known. */
  wattHours?: number;
  /** Updates skipped in a row. */
  skipped: number;
  /** False once something happened after which the run is not bit for bit what it would have been. */
  exact: boolean;
  /** The stages that have begun. */
  stages: StageResult[];
  /** One entry per step. */
  history: HistoryEntry[];
  /** Measurements on validation data. */
  validations: ValidationEvent[];
  /** Results of evaluations, as JSON; missing in checkpoints of older versions. */
  evaluations?: EvaluationEvent[];
  /** Sources of the stages that have begun, by the names of the stages; missing in checkpoints of older versions. */
  mixtures?: Record<string, SourceRecord[]>;
  /** Energy so far, with its source. */
  energy?: EnergyUse;
  /** Warnings so far. */
  warnings: string[];
  /** The processes that wrote it, those that hold one copy of the model, and the lanes; missing for a single process. */
  parallel?: { processes: number; model: number; lanes: number };
  /** The other files of the checkpoint, by name. */
  files: Record<string, FileRecord>;
}

/** Returns the hash of a plan. */
export function planFingerprint(plan: RunPlan): Promise<string> {
  return digest(JSON.stringify(plan));
}

/** Returns the text of `state.json`. */
export async function stateText(state: RunState): Promise<string> {
  const body = JSON.stringify(state);
  return JSON.stringify({ ...JSON.parse(body), sha256: await digest(body, 64) }) + "\n";
}

/**
 * Reads `state.json` of a checkpoint. Settings and kernels that an older version wrote have their current names.
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
    // JSON has no NaN, so a skipped step's numbers were written as null
    entry.loss ??= NaN;
    entry.gradNorm ??= NaN;
  }
  const stages = state.plan.stages.map((stage) => ({ ...stage, settings: currentSettings(stage.settings) }));
  const plan = { ...state.plan, stages };
  const kernels = { ...state.kernels, choices: currentKernelTable(state.kernels.choices) };
  return { ...state, plan, kernels, fingerprint: await planFingerprint(plan) };
}

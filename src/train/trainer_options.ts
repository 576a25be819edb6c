/**
 * The options of a trainer and of the verbs that start it.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import type { EnergyOptions } from "./monitoring/energy.ts";
import type { PeriodicEvaluationOptions } from "./monitoring/evaluation.ts";

/** The checkpoints of steps that are kept; the last one of each stage always is. */
export interface KeepOptions {
  /** Number of newest steps. Default 2. */
  last?: number;
  /**
   * Keeps the step with the lowest validation loss of each stage too, in a folder named after the stage:
   * `pretrain-best`. A step whose measurement is the lowest so far is then saved at once. Default false.
   */
  best?: boolean;
}

/** The way in which the processes of a launcher share a run. */
export interface TrainerParallelOptions {
  /**
   * Parts into which each batch is cut; their gradients are added in order. Runs of equal lanes are the same bits on every
   * number of data ranks that divides them. Default: the number of data ranks at the first start, and that of the
   * checkpoint when a run is resumed.
   */
  lanes?: number;
  /** 1: each data rank holds its part of AdamW's moments (ZeRO-1); 0: each holds all of them. Equal bits. Default 1. */
  zero?: 0 | 1;
  /** Sends gradients and weights while the device computes. Equal bits. Default true. */
  overlap?: boolean;
  /** Seconds that a rank waits for the others before all are ended. Default 600. */
  timeout?: number;
  /** Steps after which ranks compare a hash of what they hold in common, as they do at each checkpoint. Default 500. */
  check?: number;
}

/** Options of a {@linkcode Trainer}. */
export interface TrainerOptions {
  /** Folder of the checkpoints; without one a run cannot be resumed. */
  checkpoint?: string;
  /** Seed of the window order and of the held-out data. Default 42. */
  seed?: number;
  /** Checkpoints of steps that are kept: a number of newest ones, or {@linkcode KeepOptions}. Default 2. */
  keep?: number | KeepOptions;
  /**
   * Logs of the run, one or a list. A path that ends in `.jsonl` is a file to which each event of the run is appended as a
   * line of JSON; `"jsonl"` is `events.jsonl` in the checkpoint folder. Any other path is a folder for TensorBoard's event
   * files: losses, gradient norm, learning rate, speed. A resumed run appends. A log that cannot be written is a warning.
   * Default: none is written.
   */
  log?: string | readonly string[];
  /** Assumptions about power and grid; false to count no energy. */
  energy?: EnergyOptions | false;
  /** Peak FLOP/s of a device, of which the card then shows the share in use. */
  peakFlops?: number;
  /**
   * The way in which the processes of a launcher share the run. Under a launcher they train one model together without
   * being asked to; false makes a run of each process, which needs a checkpoint folder of its own.
   */
  parallel?: false | TrainerParallelOptions;
}

const atLeastOne = z.int("must be a whole number, at least 1").min(1, "must be at least 1");
const flag = z.boolean("must be true or false");
const path = z.string("must be a path").min(1, "must not be empty");
const keepSchema = optionsSchema<KeepOptions>("KeepOptions")(
  z.strictObject({ last: atLeastOne.default(2), best: flag.default(false) }),
);

const trainerShape = optionsSchema<TrainerOptions>("TrainerOptions")(z.strictObject({
  checkpoint: path.optional(),
  seed: z.int("must be a whole number").default(42),
  keep: z.custom<number | KeepOptions>(isKeep, "must be a whole number, at least 1, or { last, best }")
    .default(2),
  log: z.union(
    [path, z.array(path).min(1, "must name a path").readonly()],
    "must be a path, or a list of paths",
  )
    .optional(),
  energy: z.custom<EnergyOptions | false>(isFalseOrObject, "must be false, or an object").default({}),
  peakFlops: z.number("must be a number of FLOP/s").positive("must be above 0").optional(),
  parallel: z.custom<false | TrainerParallelOptions>(isFalseOrObject, "must be false, or an object").default(
    {},
  ),
}));

/** Defaults and checks of {@linkcode TrainerOptions}. */
export const trainerSchema: z.ZodType<
  & TrainerOptions
  & { seed: number; keep: number | KeepOptions; energy: EnergyOptions | false }
  & { parallel: false | TrainerParallelOptions },
  TrainerOptions
> = trainerShape;

/** {@linkcode TrainerParallelOptions} with the defaults filled in. */
export type ParallelSettings =
  & Required<Omit<TrainerParallelOptions, "lanes">>
  & Pick<TrainerParallelOptions, "lanes">;

const parallelShape = optionsSchema<TrainerParallelOptions>("TrainerParallelOptions")(z.strictObject({
  lanes: atLeastOne.optional(),
  zero: z.union([z.literal(0), z.literal(1)], "must be 0 or 1").default(1),
  overlap: flag.default(true),
  timeout: z.number("must be a number of seconds").positive("must be above 0").default(600),
  check: atLeastOne.default(500),
}));

/** Defaults and checks of {@linkcode TrainerParallelOptions}. */
export const parallelSchema: z.ZodType<ParallelSettings, TrainerParallelOptions> = parallelShape;

/** Defaults and checks of {@linkcode KeepOptions}. */
export const keepOptionsSchema: z.ZodType<Required<KeepOptions>, KeepOptions> = keepSchema;

function isFalseOrObject(value: unknown): boolean {
  return value === false || (typeof value === "object" && value !== null);
}

function isKeep(value: unknown): boolean {
  return typeof value === "object" && value !== null || atLeastOne.safeParse(value).success;
}

/** Options of {@linkcode Trainer.run}. */
export interface RunOptions {
  /** Stops the run: it writes its checkpoint, then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Replaces an earlier run whose checkpoints are in the folder. Default false: the new run is refused. */
  overwrite?: boolean;
  /** Shows the run while it goes on. Default true. */
  display?: boolean;
  /** Step of the run, counted over all stages, after which it stops as if by `stop()`. */
  until?: number;
}

/** Options of {@linkcode Trainer.resume}. */
export interface ResumeOptions {
  /** As in {@linkcode RunOptions}. */
  signal?: AbortSignal;
  /** Goes on although data, model or options differ from the checkpoint's; the result is then not exact. Default false. */
  force?: boolean;
  /** As in {@linkcode RunOptions}. */
  display?: boolean;
  /** As in {@linkcode RunOptions}. */
  until?: number;
}

/** Options of {@linkcode Trainer.launch}. */
export interface LaunchOptions {
  /** Processes that train together. */
  ranks: number;
  /** Processes that hold one copy of the model, which divides `ranks`. Default 1. */
  modelRanks?: number;
  /** The launcher and its options, such as `["mpirun", "--hostfile", "hosts"]`. Default: `mpirun`, else `mpiexec`. */
  launcher?: string[];
  /**
   * A module whose exports are what a recipe cannot hold: `functions` and `datasets` by name, `evaluations` in their order,
   * `parts` of the model that are your own. An address, or a path from the working directory.
   */
  module?: string;
  /** Goes on from the newest checkpoint. Default false. */
  resume?: boolean;
  /** As in {@linkcode RunOptions}. */
  overwrite?: boolean;
  /** As in {@linkcode RunOptions}. */
  until?: number;
  /** As in {@linkcode RunOptions}. */
  signal?: AbortSignal;
  /** As in {@linkcode RunOptions}. */
  display?: boolean;
}

/** Options of {@linkcode Trainer.verifyResume}. */
export interface VerifyResumeOptions {
  /** Updates to which each stage is shortened, at least 2. Default 4. */
  steps?: number;
  /** Stops the proof. */
  signal?: AbortSignal;
}

const signal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal")
  .optional();
const until = atLeastOne.optional();
const startOptions = { signal, display: flag.default(true), until };
const runShape = optionsSchema<RunOptions>("RunOptions")(
  z.strictObject({ ...startOptions, overwrite: flag.default(false) }),
);
const resumeShape = optionsSchema<ResumeOptions>("ResumeOptions")(
  z.strictObject({ ...startOptions, force: flag.default(false) }),
);
const launchShape = optionsSchema<LaunchOptions>("LaunchOptions")(z.strictObject({
  ...startOptions,
  ranks: atLeastOne,
  modelRanks: atLeastOne.default(1),
  launcher: z.array(z.string(), "must be a list of words").min(1, "must name a program").optional(),
  module: z.string("must be an address or a path").min(1, "must not be empty").optional(),
  resume: flag.default(false),
  overwrite: flag.default(false),
}));
const verifyShape = optionsSchema<VerifyResumeOptions>("VerifyResumeOptions")(z.strictObject({
  steps: z.int("must be a whole number, at least 2").min(2, "must be at least 2").default(4),
  signal,
}));
const evaluateShape = optionsSchema<PeriodicEvaluationOptions>("PeriodicEvaluationOptions")(
  z.strictObject({ every: atLeastOne.optional() }),
);

/** Defaults and checks of {@linkcode RunOptions}. */
export const runSchema: z.ZodType<RunOptions & { overwrite: boolean; display: boolean }, RunOptions> =
  runShape;
/** Defaults and checks of {@linkcode ResumeOptions}. */
export const resumeSchema: z.ZodType<ResumeOptions & { force: boolean; display: boolean }, ResumeOptions> =
  resumeShape;
/** Defaults and checks of {@linkcode LaunchOptions}. */
export const launchSchema: z.ZodType<
  & LaunchOptions
  & { modelRanks: number; resume: boolean; overwrite: boolean; display: boolean },
  LaunchOptions
> = launchShape;
/** Defaults and checks of {@linkcode VerifyResumeOptions}. */
export const verifySchema: z.ZodType<VerifyResumeOptions & { steps: number }, VerifyResumeOptions> =
  verifyShape;
/** Checks of {@linkcode PeriodicEvaluationOptions}. */
export const evaluateSchema: z.ZodType<PeriodicEvaluationOptions> = evaluateShape;

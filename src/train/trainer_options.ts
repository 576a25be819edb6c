/**
 * What a trainer and the verbs that start it can be told.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import type { EnergyOptions } from "./monitoring/energy.ts";
import type { PeriodicEvaluationOptions } from "./monitoring/evaluation.ts";

/** Which checkpoints of steps stay; the last one of a stage always does. */
export interface KeepOptions {
  /** How many of the newest. Default 2. */
  last?: number;
  /**
   * Whether the step with the lowest validation loss of each stage stays too, in a folder named after the stage:
   * `pretrain-best`. A measurement that is the lowest so far is then saved at once. Default false.
   */
  best?: boolean;
}

/** How a trainer works. */
export interface TrainerOptions {
  /** Folder for checkpoints; without one a run cannot be resumed. */
  checkpoint?: string;
  /** Decides the order of the data and what is held out. Default 42. */
  seed?: number;
  /** How many of the newest steps keep their checkpoint, and whether the best does. Default 2. */
  keep?: number | KeepOptions;
  /** Folder for TensorBoard's event files: losses, gradient norm, learning rate, speed. Default: none are written. */
  log?: string;
  /** Power of the device and assumptions about its place; false to count no energy. */
  energy?: EnergyOptions | false;
  /** Peak FLOP/s of the device, to show what share of them is used. */
  peakFlops?: number;
}

const atLeastOne = z.int("must be a whole number, at least 1").min(1, "must be at least 1");
const flag = z.boolean("must be true or false");
const keepSchema = optionsSchema<KeepOptions>()(
  z.strictObject({ last: atLeastOne.default(2), best: flag.default(false) }),
);

const trainerShape = optionsSchema<TrainerOptions>()(z.strictObject({
  checkpoint: z.string("must be a path").min(1, "must not be empty").optional(),
  seed: z.int("must be a whole number").default(42),
  keep: z.custom<number | KeepOptions>(isKeep, "must be a whole number, at least 1, or { last, best }")
    .default(2),
  log: z.string("must be a path").min(1, "must not be empty").optional(),
  energy: z.custom<EnergyOptions | false>(isEnergy, "must be false, or an object").default({}),
  peakFlops: z.number("must be a number of FLOP/s").positive("must be above 0").optional(),
}));

/** Defaults and checks of {@linkcode TrainerOptions}. */
export const trainerSchema: z.ZodType<
  TrainerOptions & { seed: number; keep: number | KeepOptions; energy: EnergyOptions | false },
  TrainerOptions
> = trainerShape;

/** Defaults and checks of {@linkcode KeepOptions}. */
export const keepOptionsSchema: z.ZodType<Required<KeepOptions>, KeepOptions> = keepSchema;

function isEnergy(value: unknown): boolean {
  return value === false || (typeof value === "object" && value !== null);
}

function isKeep(value: unknown): boolean {
  return typeof value === "object" && value !== null || atLeastOne.safeParse(value).success;
}

/** How a run is started. */
export interface RunOptions {
  /** Stops the run: its checkpoint is written, then it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Replaces a run whose checkpoints stand in the folder. Default false: it is refused. */
  overwrite?: boolean;
  /** Whether the run shows itself while it goes on. Default true. */
  display?: boolean;
  /** Step of the run, counted over all stages, after which it stops by itself, as `stop()` does it. */
  until?: number;
}

/** How a run goes on. */
export interface ResumeOptions {
  /** As in {@linkcode RunOptions}. */
  signal?: AbortSignal;
  /** Goes on although data, model or options are not those of the checkpoint; the result is then not exact. */
  force?: boolean;
  /** As in {@linkcode RunOptions}. */
  display?: boolean;
  /** As in {@linkcode RunOptions}. */
  until?: number;
}

/** How exact resume is proved. */
export interface VerifyResumeOptions {
  /** Updates of each stage that are done, at least 2: a stage is cut to its first so many. Default 4. */
  steps?: number;
  /** Stops it. */
  signal?: AbortSignal;
}

const signal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal")
  .optional();
const until = atLeastOne.optional();
const started = { signal, display: flag.default(true), until };
const runShape = optionsSchema<RunOptions>()(z.strictObject({ ...started, overwrite: flag.default(false) }));
const resumeShape = optionsSchema<ResumeOptions>()(
  z.strictObject({ ...started, force: flag.default(false) }),
);
const verifyShape = optionsSchema<VerifyResumeOptions>()(z.strictObject({
  steps: z.int("must be a whole number, at least 2").min(2, "must be at least 2").default(4),
  signal,
}));
const evaluateShape = optionsSchema<PeriodicEvaluationOptions>()(
  z.strictObject({ every: atLeastOne.optional() }),
);

/** Defaults and checks of {@linkcode RunOptions}. */
export const runSchema: z.ZodType<RunOptions & { overwrite: boolean; display: boolean }, RunOptions> =
  runShape;
/** Defaults and checks of {@linkcode ResumeOptions}. */
export const resumeSchema: z.ZodType<ResumeOptions & { force: boolean; display: boolean }, ResumeOptions> =
  resumeShape;
/** Defaults and checks of {@linkcode VerifyResumeOptions}. */
export const verifySchema: z.ZodType<VerifyResumeOptions & { steps: number }, VerifyResumeOptions> =
  verifyShape;
/** Checks of {@linkcode PeriodicEvaluationOptions}. */
export const evaluateSchema: z.ZodType<PeriodicEvaluationOptions> = evaluateShape;

/**
 * Settings of the readers and of the terminal verbs of a dataset.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../base/schema.ts";

/** Settings of a terminal verb. */
export interface ReadOptions {
  /** Stops the reading; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Number of workers for steps that judge one text at a time; 0 for none. Default: up to one per core, once there turns
   * out to be enough to do. The result does not depend on it.
   */
  workers?: number;
}

/** The schema of {@linkcode ReadOptions}. */
export const readSchema = optionsSchema<ReadOptions>("ReadOptions")(z.strictObject({
  signal: z.instanceof(AbortSignal).optional(),
  workers: z.number().int().min(0).optional(),
}));

/** Option of every reader of files. */
export interface BrokenOptions {
  /**
   * Treatment of a record, member or file that is broken: `skip` (default) counts it by reason, shows the first one in
   * `stats()` and writes all to the rejects; `throw` ends the reading with a `DataError`.
   */
  onBroken?: OnBroken;
}

/** Treatment of broken records and files. */
export type OnBroken = "skip" | "throw";

/** The schema of {@linkcode BrokenOptions}, as the value of a field. */
export const onBrokenSchema = z.enum(["skip", "throw"]).optional();

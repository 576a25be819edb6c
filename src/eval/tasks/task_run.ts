/**
 * The settings of one run of a task on one model.
 *
 * @module
 */
import type { AnswerCache } from "../models/answer_cache.ts";
import type { DealtWork } from "../models/dealt_work.ts";

/** The settings of one run of a task on one model. */
export interface TaskRun {
  /** Name of the task in displays and errors. */
  name: string;
  /** Name of the model in displays and errors. */
  model: string;
  /** Seed of the examples and of the drawn texts. */
  seed: number;
  /** Number of examples before each prompt. */
  shots: number;
  /** Number of items to ask, from the first; undefined for all. */
  limit?: number;
  /** Stops the run, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The ranks that share the work (default: this process alone). */
  shared?: DealtWork;
  /** Answers and scores of earlier runs. */
  cache?: AnswerCache;
}

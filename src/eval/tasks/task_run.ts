/**
 * What a task is told when it is run: how much to ask, with which examples, under which names.
 *
 * @module
 */
import type { ItemCache } from "../models/answer_cache.ts";

/** How a run of a task behaves. */
export interface TaskRun {
  /** Name of the task in displays and errors. */
  name: string;
  /** Name of the model in displays and errors. */
  model: string;
  /** Decides which examples are shown. */
  seed: number;
  /** Examples in front of each prompt. */
  shots: number;
  /** Only the first so many items are asked. */
  limit?: number;
  /** Stops the run; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Answers of earlier runs, where they are kept. */
  cache?: ItemCache;
}

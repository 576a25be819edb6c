/**
 * A task that can be run on a model, and what a run gives.
 *
 * @module
 */
import type { TaskKind } from "./definition.ts";
import type { ScoreText, TextScorer } from "./grader.ts";
import type { Measure } from "./metric.ts";
import type { ItemOutcome } from "./outcome.ts";
import type { Decoding, EvalModel } from "../models/eval_model.ts";
import type { Published, TaskSource } from "../task_data/task_source.ts";
import type { TaskRun } from "./task_run.ts";

/** What a run of a task gives. */
export interface TaskScores {
  /** The numbers, the most telling first. */
  measures: Measure[];
  /** What happened to each item. */
  items: ItemOutcome[];
  /** What should be known beside the numbers, such as ties. */
  notes?: string[];
}

/** What can be set when a task of free text is added. */
export interface TaskSettings {
  /** Texts drawn for an item. */
  samples?: number;
  /** What judges the texts. */
  scorer?: TextScorer | ScoreText;
}

/** A task that can be run. */
export interface Task {
  /** Its name. */
  readonly name: string;
  /** How an answer is taken. */
  readonly kind: TaskKind;
  /** The prompt's template, or the source text of its function. */
  readonly prompt: string;
  /** What stands before examples and prompt, likewise. */
  readonly header?: string;
  /** How an answer is chosen and scored, in words. */
  readonly rule: string;
  /** How many examples by default. */
  readonly shots: number;
  /** How text is generated. */
  readonly decoding?: Decoding;
  /** Where its data is published. */
  readonly published?: Published;
  /** True when it reads the data it is added with, false when it brings its items. */
  readonly reads: boolean;
  /** Other ways to run it, by name; the task itself is the default one. */
  readonly variants?: Readonly<Record<string, Task>>;
  /** The task with other settings. */
  configure?(settings: TaskSettings): Task;
  /** Asks the items. */
  run(model: EvalModel, source: TaskSource, run: TaskRun): Promise<TaskScores>;
}

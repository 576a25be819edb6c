/**
 * A task that can be run on a model, and the result of one run.
 *
 * @module
 */
import type { Decoding, EvalModel } from "../models/eval_model.ts";
import type { Published, TaskSource } from "../task_data/task_source.ts";
import type { TaskKind } from "./definition.ts";
import type { ScoreText, TextScorer } from "./grader.ts";
import type { Measure } from "./metric.ts";
import type { ItemOutcome } from "./outcome.ts";
import type { TaskRun } from "./task_run.ts";

/** The result of one run of a task. */
export interface TaskScores {
  /** The numbers, the main one first. */
  measures: Measure[];
  /** One record per item. */
  items: ItemOutcome[];
  /** Remarks that qualify the numbers, such as the number of ties. */
  notes?: string[];
}

/** The settings of a task of free text that can change when it is added. */
export interface TaskSettings {
  /** Texts drawn per item. */
  samples?: number;
  /** Grades the texts. */
  scorer?: TextScorer | ScoreText;
}

/** A task that can be run. */
export interface Task {
  /** Name of the task. */
  readonly name: string;
  /** Source of its answers. */
  readonly kind: TaskKind;
  /** The prompt's template, or the source text of its function. */
  readonly prompt: string;
  /** The text before examples and prompt: a template, or the source text of its function. */
  readonly header?: string;
  /** The rule that chooses and scores an answer, in words. */
  readonly rule: string;
  /** Default number of examples. */
  readonly shots: number;
  /** Decoding of generated text. */
  readonly decoding?: Decoding;
  /** File names and hub id under which the data is published. */
  readonly published?: Published;
  /** True when it reads the data it is added with, false when it brings its own items. */
  readonly reads: boolean;
  /** Other ways to run the task, by name; the task itself is the default one. */
  readonly variants?: Readonly<Record<string, Task>>;
  /** Returns the task with other settings. */
  configure?(settings: TaskSettings): Task;
  /** Asks the items. */
  run(model: EvalModel, source: TaskSource, run: TaskRun): Promise<TaskScores>;
}

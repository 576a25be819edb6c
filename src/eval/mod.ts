/**
 * The evaluation layer [paper 3]: tasks, how they are scored, and reports.
 *
 * An {@linkcode Evaluator} is a cold plan of tasks; running it on a model gives a {@linkcode Report}. Tasks are
 * benchmarks of the paper by name, or made by {@linkcode defineTask} in ten lines, of three kinds: a choice among
 * options by likelihood, generated text, or a likelihood alone.
 *
 * ```ts
 * import { defineTask, Evaluator } from "@llamero/sdk/eval";
 * import { Model } from "@llamero/sdk/model";
 *
 * const sums = defineTask({
 *   name: "sums",
 *   kind: "generate",
 *   items: [{ a: 2, b: 3 }, { a: 10, b: 7 }],
 *   prompt: "{a} + {b} =",
 *   answer: ({ a, b }) => String(a + b),
 * });
 * const model = await Model.load("out/llama-5m");
 * const report = await new Evaluator(model).add(sums).add("piqa", { data: "data/piqa", limit: 200 }).run();
 * await report.table().show();
 * await report.explain("piqa", 0).show();
 * await report.compare().show();
 * ```
 *
 * @module
 */
export { benchmarks } from "./benchmarks.ts";
export { passAtK, type Sample } from "./combine.ts";
export type { ComparedRow, CompareOptions } from "./compare.ts";
export { type ScoreCurve, scoreCurves, type ScorePoint } from "./curves.ts";
export { defineTask } from "./define.ts";
export type {
  ChoiceDefinition,
  DefinitionBase,
  GenerateDefinition,
  Normalisation,
  PerplexityDefinition,
  Sampling,
  TaskDefinition,
  TaskItems,
  TaskKind,
} from "./definition.ts";
export { type EvaluateOptions, Evaluator, type EvaluatorOptions, type SuiteOptions } from "./evaluator.ts";
export { type AnswerNormalisation, exactMatch } from "./exact_match.ts";
export type { RowFormat } from "./files.ts";
export type { Grader, GraderRun, Metric, Scores, ScoreText, TextScorer } from "./grader.ts";
export type { ItemCache } from "./item_cache.ts";
export type { LossOptions } from "./loss.ts";
export type { Measure } from "./measure.ts";
export type {
  ChoiceOutcome,
  GenerateOutcome,
  ItemOutcome,
  OptionScore,
  OutcomeBase,
  PerplexityOutcome,
} from "./outcome.ts";
export type { TaskPrompt } from "./prompt.ts";
export { published, type PublishedColumn } from "./published.ts";
export { Report, type ReportedResult } from "./report.ts";
export type { Protocol, TaskResult } from "./result.ts";
export {
  type RollingLoss,
  rollingLoss,
  type RollingModel,
  type RollingOptions,
  type RollingWindow,
} from "./rolling.ts";
export type { Labels, TaskRow } from "./rows.ts";
export { PythonSandbox, type SandboxOptions } from "./sandbox/python.ts";
export type { Verdict } from "./sandbox/interpreter.ts";
export type { BatchDecoding, Decoding, Likelihood, MeanLoss, Pair, Scorable } from "./scorable.ts";
export { type Judges, judges } from "./scorers/judges.ts";
export { perspective, type PerspectiveOptions } from "./scorers/perspective.ts";
export { wordList, type WordListOptions } from "./scorers/word_list.ts";
export type { Published, TaskData, TaskFile, TaskParts, TaskSource } from "./source.ts";
export type { Task, TaskScores, TaskSettings } from "./task.ts";
export type { AddOptions } from "./task_entry.ts";
export type { TaskRun } from "./task_run.ts";
export { ReportView } from "./view.ts";

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
export { benchmarks } from "./benchmarks/registry.ts";
export { passAtK } from "./scoring/voting.ts";
export type { ComparedRow, CompareOptions } from "./reports/compare.ts";
export { type ScoreCurve, scoreCurves, type ScorePoint } from "./reports/curves.ts";
export { defineTask } from "./define_task.ts";
export type {
  AnswerNormalisation,
  ChoiceDefinition,
  DefinitionBase,
  GenerateDefinition,
  Normalisation,
  PerplexityDefinition,
  Sampling,
  TaskDefinition,
  TaskItems,
  TaskKind,
} from "./tasks/definition.ts";
export { type EvaluateOptions, Evaluator, type EvaluatorOptions, type SuiteOptions } from "./evaluator.ts";
export { exactMatch } from "./scoring/exact_match.ts";
export type { RowFormat } from "./task_data/task_files.ts";
export type { Grader, GraderRun, Metric, Scores, ScoreText, TextScorer } from "./tasks/grader.ts";
export type { ItemCache } from "./models/answer_cache.ts";
export type { LossOptions } from "./loss_task.ts";
export type { Measure } from "./tasks/metric.ts";
export type {
  ChoiceOutcome,
  GenerateOutcome,
  ItemOutcome,
  OptionScore,
  OutcomeBase,
  PerplexityOutcome,
  Sample,
} from "./tasks/outcome.ts";
export type { TaskPrompt } from "./tasks/prompt.ts";
export { published, type PublishedColumn } from "./reports/published.ts";
export { Report, type ReportedResult } from "./reports/report.ts";
export type { Protocol, TaskResult } from "./tasks/task_result.ts";
export {
  type RollingLoss,
  rollingLoss,
  type RollingModel,
  type RollingOptions,
  type RollingWindow,
} from "./scoring/rolling_perplexity.ts";
export type { Labels, TaskRow } from "./task_data/task_row.ts";
export { PythonSandbox, type SandboxOptions } from "./sandbox/python.ts";
export type { ProgramVerdict } from "./sandbox/interpreter.ts";
export type { BatchDecoding, Decoding, EvalModel, Likelihood, MeanLoss, Pair } from "./models/eval_model.ts";
export { type Judges, judges } from "./scorers/judges.ts";
export { perspective, type PerspectiveOptions } from "./scorers/perspective.ts";
export { wordList, type WordListOptions } from "./scorers/word_list.ts";
export type { Published, TaskData, TaskFile, TaskParts, TaskSource } from "./task_data/task_source.ts";
export type { Task, TaskScores, TaskSettings } from "./tasks/task.ts";
export type { AddOptions } from "./task_entry.ts";
export type { TaskRun } from "./tasks/task_run.ts";
export { ReportView } from "./reports/view.ts";

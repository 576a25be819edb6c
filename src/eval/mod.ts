/**
 * The evaluation layer [paper 3]: tasks, the rules that score them, and reports.
 *
 * An {@linkcode Evaluator} is a plan of tasks; running it on a model gives a {@linkcode Report}. A task is a benchmark of
 * the paper, added by name, or made by {@linkcode defineTask}. There are three kinds: a choice among options by
 * likelihood, generated text, and the likelihood of given texts.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer } from "@llamero/sdk";
 * import { defineTask, Evaluator } from "@llamero/sdk/eval";
 *
 * const sums = defineTask({
 *   name: "sums",
 *   kind: "generate",
 *   items: [{ a: 2, b: 3 }, { a: 10, b: 7 }],
 *   prompt: "{a} + {b} =",
 *   answer: ({ a, b }) => String(a + b),
 *   maxTokens: 4,
 * });
 * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
 * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * const report = await new Evaluator(model).add(sums).add("piqa", { data: goals }).run();
 * await report.table().show();
 * await report.explain("piqa", 0).show();
 * await report.compare().show();
 * ```
 *
 * @module
 */
export { type EvaluateOptions, Evaluator, type EvaluatorOptions, type SuiteOptions } from "./evaluator.ts";
export type { AddOptions } from "./task_entry.ts";
export type { LossOptions } from "./loss_task.ts";
export { defineTask } from "./define_task.ts";
export { benchmarks } from "./benchmarks/registry.ts";
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
export type { TaskPrompt } from "./tasks/prompt.ts";
export type { Grader, GraderRun, Metric, Scores, ScoreText, TextScorer } from "./tasks/grader.ts";
export type { Task, TaskScores, TaskSettings } from "./tasks/task.ts";
export type { DealtWork } from "./models/dealt_work.ts";
export type { TaskRun } from "./tasks/task_run.ts";
export {
  type Published,
  type TaskData,
  type TaskFile,
  type TaskParts,
  TaskSource,
} from "./task_data/task_source.ts";
export { type OddRow, type OddRowEffect, OddRows } from "./task_data/odd_rows.ts";
export type { RowFormat } from "./task_data/task_files.ts";
export { type Labels, type RowEntry, TaskRow } from "./task_data/task_row.ts";
export type { BatchDecoding, Decoding, EvalModel, Likelihood, MeanLoss, Pair } from "./models/eval_model.ts";
export { AnswerCache } from "./models/answer_cache.ts";
export { exactMatch } from "./scoring/exact_match.ts";
export { passAtK } from "./scoring/voting.ts";
export {
  type RollingLoss,
  rollingLoss,
  type RollingModel,
  type RollingOptions,
  type RollingWindow,
} from "./scoring/rolling_perplexity.ts";
export { PythonSandbox, type SandboxOptions } from "./sandbox/python.ts";
export type { ProgramVerdict } from "./sandbox/interpreter.ts";
export { type Judges, judges } from "./scorers/judges.ts";
export { perspective, type PerspectiveOptions } from "./scorers/perspective.ts";
export { wordList, type WordListOptions } from "./scorers/word_list.ts";
export { Report, type ReportedResult } from "./reports/report.ts";
export { ReportView } from "./reports/view.ts";
export type { ComparedRow, CompareOptions } from "./reports/compare.ts";
export { type ScoreCurve, scoreCurves, type ScorePoint } from "./reports/curves.ts";
export { published, type PublishedColumn } from "./reports/published.ts";
export type { Protocol, TaskResult } from "./tasks/task_result.ts";
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

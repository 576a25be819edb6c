/**
 * What a score is worth is how it was made: a result keeps the whole protocol beside the numbers.
 *
 * @module
 */
import type { ItemCache } from "../models/answer_cache.ts";
import type { Measure } from "./metric.ts";
import type { ItemOutcome } from "./outcome.ts";
import type { Decoding, EvalModel } from "../models/eval_model.ts";
import type { TaskKind } from "./definition.ts";

/** How a score was made. */
export interface Protocol {
  /** Which of the ways to run the task. */
  variant?: string;
  /** How an answer is chosen and scored. */
  rule: string;
  /** Examples in front of each prompt. */
  shots: number;
  /** Decides which examples. */
  seed: number;
  /** The prompt's template, or the source text of its function. */
  prompt?: string;
  /** What stood before examples and prompt. */
  header?: string;
  /** How text was generated. */
  decoding?: Decoding;
  /** What was asked, as it was given. */
  data?: string;
  /** Only the first so many items (of a loss: windows) were used. */
  limit?: number;
  /** Whether prompts went through the tokenizer's chat template. */
  chatTemplate: boolean;
  /** The model's context, in tokens. */
  context?: number;
  /** Fingerprint of the tokenizer. */
  tokenizer?: string;
  /** Items whose prompt was cut on the left to fit the context. */
  truncated: number;
  /** Examples that were dropped because they did not fit. */
  droppedShots: number;
  /** What should be known beside the numbers: ties, missing values, the scorer. */
  notes: string[];
}

/** One task on one model. */
export interface TaskResult {
  /** Its name in the report. */
  task: string;
  /** Name of the task it is a run of. */
  benchmark: string;
  /** Name of the model. */
  model: string;
  /** How answers were taken; `loss` for the loss on a dataset. */
  kind: TaskKind | "loss";
  /** The numbers, the most telling first. */
  measures: Measure[];
  /** How they were made. */
  protocol: Protocol;
  /** What happened to each item; empty for a loss. */
  items: ItemOutcome[];
}

/** What a run of a plan is given. */
export interface EntryRun {
  /** Name of the model in the report. */
  model: string;
  /** The evaluator's seed. */
  seed: number;
  /** Stops the run. */
  signal?: AbortSignal;
  /** What the model answered before. */
  cache?: ItemCache;
}

/** One line of an evaluator's plan. */
export interface PlanEntry {
  /** Its name in reports, unique in a plan. */
  readonly name: string;
  /** Its facts, for displays and JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Runs it on one model. */
  run(model: EvalModel, run: EntryRun): Promise<TaskResult>;
}

/** The facts of a model that belong to a protocol. */
export function modelFacts(
  { config, tokenizer }: EvalModel,
): Pick<Protocol, "context" | "tokenizer"> {
  return { context: config?.context, tokenizer: tokenizer?.fingerprint };
}

/** The protocol in a few words: `0-shot, log-likelihood / characters`. */
export function protocolLine({ kind, protocol }: Pick<TaskResult, "kind" | "protocol">): string {
  return kind === "loss" ? protocol.rule : `${protocol.shots}-shot, ${protocol.rule}`;
}

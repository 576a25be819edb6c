/**
 * The result of a task on a model: its numbers, the protocol that explains them, and a record per item.
 *
 * @module
 */
import type { AnswerCache } from "../models/answer_cache.ts";
import type { Decoding, EvalModel } from "../models/eval_model.ts";
import type { DealtWork } from "../models/dealt_work.ts";
import { type OddRow, type OddRowEffect, oddRowText } from "../task_data/odd_rows.ts";
import type { TaskKind } from "./definition.ts";
import type { Measure } from "./metric.ts";
import type { ItemOutcome } from "./outcome.ts";

/** The protocol of a score: everything that decides it besides the model's weights. */
export interface Protocol {
  /** Variant of the task; undefined for the default one. */
  variant?: string;
  /** The rule that chooses and scores an answer, in words. */
  rule: string;
  /** Number of examples before each prompt. */
  shots: number;
  /** Seed of the examples and of the drawn texts. */
  seed: number;
  /** The prompt's template, or the source text of its function. */
  prompt?: string;
  /** The text before examples and prompt: a template, or the source text of its function. */
  header?: string;
  /** Decoding of generated text. */
  decoding?: Decoding;
  /** The data, as it was named. */
  data?: string;
  /** Number of items (of a loss: windows) that were asked, from the first; undefined for all. */
  limit?: number;
  /** True when prompts went through the tokenizer's chat template. */
  chatTemplate: boolean;
  /** The model's context, in tokens. */
  context?: number;
  /** Fingerprint of the tokenizer. */
  tokenizer?: string;
  /** Number of items whose prompt was cut on the left to fit the context. */
  truncated: number;
  /** Number of examples that did not fit and were dropped. */
  droppedShots: number;
  /** Number of rows of the data that are left out of n, or that no answer can get right. */
  unusable: number;
  /** Remarks that qualify the numbers: ties, missing values, the scorer. */
  notes: string[];
}

/** The result of one task on one model. */
export interface TaskResult {
  /** Name of the task in the report. */
  task: string;
  /** Name of the task itself, which the report may name otherwise. */
  benchmark: string;
  /** Name of the model. */
  model: string;
  /** Source of the answers; `loss` for the loss on a dataset. */
  kind: TaskKind | "loss";
  /** The numbers, the main one first. */
  measures: Measure[];
  /** The protocol of the numbers. */
  protocol: Protocol;
  /** One record per item; empty for a loss. */
  items: ItemOutcome[];
  /** The rows of the data that are not as published; undefined when there are none. */
  rejects?: readonly OddRow[];
}

/** The settings with which a line of a plan is run on one model. */
interface EntryRun {
  /** Name of the model in the report. */
  model: string;
  /** The evaluator's seed. */
  seed: number;
  /** Stops the run. */
  signal?: AbortSignal;
  /** The ranks that share the work (default: this process alone). */
  shared?: DealtWork;
  /** The model's earlier answers. */
  cache?: AnswerCache;
}

/** One line of an evaluator's plan. */
export interface PlanEntry {
  /** Name in reports, unique in a plan. */
  readonly name: string;
  /** Facts about the line, for displays and JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Runs the line on one model. */
  run(model: EvalModel, run: EntryRun): Promise<TaskResult>;
}

/** Returns the facts of a model that belong to a protocol. */
export function modelFacts(
  { config, tokenizer }: EvalModel,
): Pick<Protocol, "context" | "tokenizer"> {
  return { context: config?.context, tokenizer: tokenizer?.fingerprint };
}

/** Returns the protocol in a few words: `0-shot, log-likelihood / characters`. */
export function protocolLine({ kind, protocol }: Pick<TaskResult, "kind" | "protocol">): string {
  return kind === "loss" ? protocol.rule : `${protocol.shots}-shot, ${protocol.rule}`;
}

/** Returns what qualifies a score in a few sentences: unusable and odd rows, cut prompts, dropped examples. */
export function qualifications(
  { protocol: { truncated, droppedShots, unusable }, rejects = [] }: Pick<TaskResult, "protocol" | "rejects">,
): string[] {
  const of = (...effects: OddRowEffect[]) => rejects.filter(({ effect }) => effects.includes(effect));
  const first = (rows: readonly OddRow[]) => `the first: ${oddRowText(rows[0])}`;
  const [wrong, leftOut, asked] = [of("wrong"), of("left out"), of("asked")];
  const [once, notDrawn] = [of("asked once"), of("not drawn")];
  const parts = [
    ...wrong.length ? [`${wrong.length} counted as wrong`] : [],
    ...leftOut.length ? [`${leftOut.length} left out of n`] : [],
  ];
  const rows = (count: number, kind: string) => `${count} ${kind} row${count === 1 ? "" : "s"}`;
  return [
    ...unusable
      ? [`${rows(unusable, "unusable")} (${parts.join(", ")}), ${first(of("wrong", "left out"))}`]
      : [],
    ...asked.length ? [`${rows(asked.length, "odd")}, asked as in the file, ${first(asked)}`] : [],
    ...once.length ? [`${rows(once.length, "repeated")}, asked once, ${first(once)}`] : [],
    ...notDrawn.length
      ? [`${rows(notDrawn.length, "unusable example")}, never drawn, ${first(notDrawn)}`]
      : [],
    ...truncated ? [`${truncated} prompts were cut on the left to fit the context`] : [],
    ...droppedShots ? [`${droppedShots} examples did not fit and were dropped`] : [],
  ];
}

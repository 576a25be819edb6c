/**
 * The definition of a task: its items, the prompt of each item, and the rules that take and score an answer.
 *
 * The three kinds are those of the field's evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import type { Pair } from "../models/eval_model.ts";
import type { Published, TaskSource } from "../task_data/task_source.ts";
import type { Grader, GraderRun, Metric } from "./grader.ts";
import type { TaskPrompt } from "./prompt.ts";

/** Items, or a function that reads them from the data that the task was added with. */
export type TaskItems<Item> =
  | Iterable<Item>
  | AsyncIterable<Item>
  | ((source: TaskSource) => Iterable<Item> | AsyncIterable<Item>);

/**
 * The source of an answer: `choice` compares given options by likelihood, `generate` lets the model write, `perplexity`
 * takes no answer and measures the likelihood of a text.
 */
export type TaskKind = "choice" | "generate" | "perplexity";

/**
 * The score by which options are compared [paper 3]: their log-likelihood divided by `characters` (Unicode code points),
 * minus the one after the unconditional context (`ratio`; the paper's OpenBookQA and BoolQ), divided by `tokens` (the
 * lowest perplexity), or as it is (`sum`).
 */
export type Normalisation = "characters" | "ratio" | "tokens" | "sum";

/** The fields that all kinds of tasks share. */
export interface DefinitionBase<Item> {
  /** Name in reports. */
  name: string;
  /** The items, or a function that reads them from the data that the task was added with. */
  items: TaskItems<Item>;
  /** The text before the answer. */
  prompt: TaskPrompt<Item>;
  /** File names and hub id under which the data is published. */
  published?: Published;
  /** The text before the few-shot examples. */
  header?: TaskPrompt<Item>;
  /** The text between header, examples and prompt; default a blank line. */
  separator?: string;
  /** Writes an item as an example; default its prompt and its right answer. */
  example?: (item: Item) => string;
  /** Number of examples when the task is added without one; default 0. */
  shots?: number;
  /** Ready-made examples, used when no data for examples is named or published; default: other items. */
  exemplars?: readonly string[];
  /** `random` draws the examples of each item anew with the seed, `first` takes the first ones; default `random`. */
  draw?: "random" | "first";
  /** Returns the group of an item; its examples come from the same group. */
  pool?: (item: Item) => string;
  /** Returns names under which the item is counted as well, such as its subject. */
  groups?: (item: Item) => readonly string[];
}

/** A multiple-choice task: options are compared by their likelihood after the prompt; a tie goes to the first option. */
export interface ChoiceDefinition<Item> extends DefinitionBase<Item> {
  /** Multiple choice. */
  kind: "choice";
  /** Returns the options of an item, at least two. */
  options: (item: Item) => readonly string[];
  /** Returns the index of the right option, counted from 0, or its text. */
  answer: (item: Item) => number | string;
  /** Returns prompt and ending to score for each option, for tasks that do not score the option after the prompt. */
  pairs?: (item: Item) => readonly Pair[];
  /**
   * Returns the indexes of further right options. They cannot be chosen, since `answer` is the one that must win, and
   * their probability counts in the `massMetric`.
   */
  alsoCorrect?: (item: Item) => readonly number[];
  /** Name of the share of right choices; default `accuracy`. */
  metric?: string;
  /**
   * Name of a second number, reported where `alsoCorrect` is set: the mean probability, among the options of an item, of
   * all its right ones together. Default `mass of right options`.
   */
  massMetric?: string;
  /** Score by which options are compared; default `characters`, as in the paper. */
  normalisation?: Normalisation;
  /** The context that replaces the prompt in the second likelihood of the `ratio`; default `Answer:`. */
  unconditionalContext?: string;
}

/** Several texts per item instead of the most likely one. */
export interface Sampling {
  /** Divides the logits; positive. */
  temperature: number;
  /** Draws from the most likely tokens whose probabilities add up to this; default 1. */
  topP?: number;
  /** Texts per item. */
  samples: number;
  /**
   * `majority` grades the most frequent answer of the texts; `pass` estimates the chance that one of `k` texts is right
   * (Chen et al. 2021).
   */
  combine: "majority" | "pass";
  /** The k of pass@k; default 1. */
  k?: number;
}

/** A task of free text: the model writes one text or several, which are compared with the right answers. */
export interface GenerateDefinition<Item> extends DefinitionBase<Item> {
  /** Free text. */
  kind: "generate";
  /** Returns the right answer, or all that count as right; the first one stands in examples. */
  answer: (item: Item) => string | readonly string[];
  /** `exact-match` (the default), or a function that returns the value of a text; the mean is reported. */
  metric?: "exact-match" | Metric<Item>;
  /** Makes the metric when a run begins, for one that needs a scorer or holds something to close. */
  grader?: (run: GraderRun) => Grader<Item>;
  /**
   * Rewrites texts and answers before they are compared: `trim` (the default), `words` (the paper's rule for closed-book
   * questions), or a function.
   */
  normalisation?: AnswerNormalisation | ((text: string) => string);
  /** Returns the final answer in a text; a text without one is wrong. Default: the whole text. */
  extract?: (text: string) => string | undefined;
  /** Draws several texts per item; default one text of the most likely tokens. */
  sampling?: Sampling;
  /** Strings that end the text; default a line break. */
  stop?: readonly string[];
  /** Drops spaces around a text; default true, false for code. */
  trim?: boolean;
  /** Largest number of tokens of a text; default 64 [ours]. */
  maxTokens?: number;
}

/** A task that measures the likelihood of given texts after their prompts. */
export interface PerplexityDefinition<Item> extends DefinitionBase<Item> {
  /** Likelihood only. */
  kind: "perplexity";
  /** Returns the text that is scored. */
  answer: (item: Item) => string;
  /** The perplexity over all tokens. */
  metric?: "perplexity";
}

/** The argument of {@linkcode defineTask}, by kind of task. */
export type TaskDefinition<Item> =
  | ChoiceDefinition<Item>
  | GenerateDefinition<Item>
  | PerplexityDefinition<Item>;

/**
 * The ways to rewrite texts and answers before they are compared: `trim` drops outer spaces; `words` also drops case,
 * ASCII punctuation, articles and repeated spaces.
 */
export type AnswerNormalisation = "trim" | "words";

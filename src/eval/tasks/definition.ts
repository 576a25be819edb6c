/**
 * What a task is defined by: its items, the prompt made of each, and how an answer is taken and scored. The three kinds
 * are those of the field's evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import type { Grader, GraderRun, Metric } from "./grader.ts";
import type { TaskPrompt } from "./prompt.ts";
import type { Pair } from "../models/eval_model.ts";
import type { Published, TaskSource } from "../task_data/task_source.ts";

/** Items, or a function that reads them from the data the task was added with. */
export type TaskItems<Item> =
  | Iterable<Item>
  | AsyncIterable<Item>
  | ((source: TaskSource) => Iterable<Item> | AsyncIterable<Item>);

/** How an answer is taken: from options by likelihood, from generated text, or not at all, only its likelihood. */
export type TaskKind = "choice" | "generate" | "perplexity";

/**
 * What options are compared by [paper 3]: log-likelihood per `characters` (code points), its `ratio` to that after
 * "Answer:" (OpenBookQA, BoolQ), per `tokens` (the lowest perplexity), or the raw `sum`.
 */
export type Normalisation = "characters" | "ratio" | "tokens" | "sum";

/** What all kinds of tasks are defined by. */
export interface DefinitionBase<Item> {
  /** Its name in reports. */
  name: string;
  /** The items, or a function that reads them from the data it is added with. */
  items: TaskItems<Item>;
  /** What stands before the answer. */
  prompt: TaskPrompt<Item>;
  /** Where its data is published. */
  published?: Published;
  /** What stands before the examples. */
  header?: TaskPrompt<Item>;
  /** What stands between header, examples and prompt; default a blank line. */
  separator?: string;
  /** An item as an example; default its prompt and its right answer. */
  example?: (item: Item) => string;
  /** How many examples, if the task is added without a number; default 0. */
  shots?: number;
  /** The examples where no data for them is named or published; default: other items. */
  exemplars?: readonly string[];
  /** Which examples: drawn with the seed for each item, or the `first` ones; default `random`. */
  draw?: "random" | "first";
  /** Examples of an item come from items with the same value. */
  pool?: (item: Item) => string;
  /** Names under which an item is counted too, such as its subject. */
  groups?: (item: Item) => readonly string[];
}

/** Options are compared by their likelihood after the prompt; a tie goes to the first. */
export interface ChoiceDefinition<Item> extends DefinitionBase<Item> {
  /** Multiple choice. */
  kind: "choice";
  /** The options of an item, at least two. */
  options: (item: Item) => readonly string[];
  /** Number of the right option, counted from 0, or its text. */
  answer: (item: Item) => number | string;
  /** What is scored for each option, where that is not the option after the prompt: prompts and endings. */
  pairs?: (item: Item) => readonly Pair[];
  /** Numbers of options that are right as well: they are not to be chosen, and count in the `mass`. */
  alsoCorrect?: (item: Item) => readonly number[];
  /** Name of the share of right choices; default `accuracy`. */
  metric?: string;
  /** Name of the share of probability of all right options, where there is `also`. */
  massMetric?: string;
  /** Default `characters`, as in the paper. */
  normalisation?: Normalisation;
  /** The other context of the `ratio`; default `Answer:`. */
  unconditionalContext?: string;
}

/** How many texts are drawn for an item, and what becomes of them. */
export interface Sampling {
  /** Divides the logits. */
  temperature: number;
  /** Keeps the most likely tokens until their mass passes this; default 1. */
  topP?: number;
  /** Texts an item. */
  samples: number;
  /** The most frequent answer is the one that counts, or the chance that one of `k` texts is right (Chen et al. 2021). */
  combine: "majority" | "pass";
  /** The k of pass@k; default 1. */
  k?: number;
}

/** Text is generated, greedily or several times, and compared with the right answers. */
export interface GenerateDefinition<Item> extends DefinitionBase<Item> {
  /** Free text. */
  kind: "generate";
  /** The right answer, or all that count as right; the first stands in examples. */
  answer: (item: Item) => string | readonly string[];
  /** Default `exact-match`; or a function that gives the value of a text, of which the mean is reported. */
  metric?: "exact-match" | Metric<Item>;
  /** Makes the metric when a run begins, for one that needs a scorer or has something to close. */
  grader?: (run: GraderRun) => Grader<Item>;
  /** How texts are written before they are compared; default `trim`. `words` is the paper's for closed-book questions. */
  normalisation?: AnswerNormalisation | ((text: string) => string);
  /** The final answer in a text; nothing is right without one. Default: the whole text. */
  extract?: (text: string) => string | undefined;
  /** Default: one text, each token the most likely one. */
  sampling?: Sampling;
  /** Ends the text; default a line break. */
  stop?: readonly string[];
  /** Whether outer spaces of a text are dropped; default true, false for code. */
  trim?: boolean;
  /** Most tokens; default 64 [ours]. */
  maxTokens?: number;
}

/** The likelihood of a given text after the prompt. */
export interface PerplexityDefinition<Item> extends DefinitionBase<Item> {
  /** Likelihood only. */
  kind: "perplexity";
  /** The text that is scored. */
  answer: (item: Item) => string;
  /** The perplexity over all tokens. */
  metric?: "perplexity";
}

/** What {@linkcode defineTask} takes. */
export type TaskDefinition<Item> =
  | ChoiceDefinition<Item>
  | GenerateDefinition<Item>
  | PerplexityDefinition<Item>;

/** How generated and right answers are written before they are compared. */
export type AnswerNormalisation = "trim" | "words";

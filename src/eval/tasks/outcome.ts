/**
 * The record of one item: everything that explains why it was counted right or wrong.
 *
 * @module
 */

/** The fields of every record. */
export interface OutcomeBase {
  /** The text before the answer, examples included. */
  prompt: string;
  /** Indexes of the items that stand in the prompt as examples, from 0. */
  shots: number[];
  /** Number of examples that did not fit. */
  dropped: number;
  /** Tokens of the prompt that were cut off on the left. */
  cut: number;
  /** The reason why no answer can be right; the item counts as wrong. */
  unusable?: string;
}

/** An option and its likelihood. */
export interface OptionScore {
  /** The option. */
  text: string;
  /** Log-probability after the prompt, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
  /** The number by which options are compared. */
  score: number;
  /** True for an option without text, which is not scored and cannot be chosen. */
  blank?: boolean;
}

/** The record of a multiple-choice item. */
export interface ChoiceOutcome extends OutcomeBase {
  /** Kind of the task. */
  kind: "choice";
  /** The options in their order. */
  options: OptionScore[];
  /** Index of the option with the largest score, the first in a tie. */
  choice: number;
  /** Index of the right option. */
  answer: number;
  /** Indexes of further right options. */
  alsoCorrect?: number[];
}

/** The record of an item of free text. */
export interface GenerateOutcome extends OutcomeBase {
  /** Kind of the task. */
  kind: "generate";
  /** The model's text, cut at the stop strings; of several texts the one that stands for the item. */
  text: string;
  /** The right answers. */
  answers: readonly string[];
  /** 1 for a match and 0 for none, or the metric's value; undefined when it could not be obtained. */
  value?: number;
  /** All values by name, for metrics that give several. */
  values?: Record<string, number | undefined>;
  /** The final answer in the text, for tasks that extract one; null when there is none. */
  final?: string | null;
  /** All texts of an item that has several. */
  samples?: Sample[];
}

/** The record of a text whose likelihood was measured. */
export interface PerplexityOutcome extends OutcomeBase {
  /** Kind of the task. */
  kind: "perplexity";
  /** The text. */
  text: string;
  /** Log-probability of the text, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
}

/** The record of one item. */
export type ItemOutcome = ChoiceOutcome | GenerateOutcome | PerplexityOutcome;

/** One of several texts of an item. */
export interface Sample {
  /** The text. */
  text: string;
  /** Its final answer, for tasks that vote. */
  answer?: string;
  /** Its value, for tasks that grade every text. */
  value?: number;
}

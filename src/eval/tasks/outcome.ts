/**
 * What happened to one item: all that a person needs to see why it was counted right or wrong.
 *
 * @module
 */
/** What all outcomes tell. */
export interface OutcomeBase {
  /** What the model saw, examples included. */
  prompt: string;
  /** Which items stood in it as examples, by their numbers from 0. */
  shots: number[];
  /** Examples that did not fit. */
  dropped: number;
  /** Tokens of the prompt that were cut off on the left. */
  cut: number;
}

/** An option and its likelihood. */
export interface OptionScore {
  /** The option. */
  text: string;
  /** Log-probability after the prompt, in nats. */
  logProb: number;
  /** Its tokens. */
  tokens: number;
  /** What it is compared by. */
  score: number;
}

/** Multiple choice. */
export interface ChoiceOutcome extends OutcomeBase {
  /** The kind of task. */
  kind: "choice";
  /** The options in their order. */
  options: OptionScore[];
  /** Number of the option with the largest score, the first in a tie. */
  choice: number;
  /** Number of the right one. */
  answer: number;
  /** Numbers of others that are right as well. */
  alsoCorrect?: number[];
}

/** Free text. */
export interface GenerateOutcome extends OutcomeBase {
  /** The kind of task. */
  kind: "generate";
  /** What the model wrote, cut at the stop strings; of several texts the one that counts. */
  text: string;
  /** What counts as right. */
  answers: readonly string[];
  /** 1 for a match and 0 for none, or what the task's metric gave; undefined when it could not be had. */
  value?: number;
  /** All values, where the metric gives several. */
  values?: Record<string, number | undefined>;
  /** The final answer in the text, where the task looks for one; null when there is none. */
  final?: string | null;
  /** All texts, where there are several. */
  samples?: Sample[];
}

/** A likelihood. */
export interface PerplexityOutcome extends OutcomeBase {
  /** The kind of task. */
  kind: "perplexity";
  /** What was scored. */
  text: string;
  /** Its log-probability, in nats. */
  logProb: number;
  /** Its tokens. */
  tokens: number;
}

/** What happened to one item. */
export type ItemOutcome = ChoiceOutcome | GenerateOutcome | PerplexityOutcome;

/** One text and what was made of it. */
export interface Sample {
  /** The text. */
  text: string;
  /** Its final answer, where one is looked for. */
  answer?: string;
  /** Its value, where each text has one. */
  value?: number;
}

/**
 * Graders give generated texts their values: a plain function, or an object made for one run that may hold a scorer, a
 * judge or a sandbox.
 *
 * A value that could not be obtained is missing; it never counts as 0.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { AnswerCache } from "../models/answer_cache.ts";

/** The value of a text, several values by name, or undefined when it could not be obtained. */
export type Scores = number | Record<string, number | undefined> | undefined;

/** Returns the value of a text, given the right answers and the item. */
export type Metric<Item> = (text: string, answers: readonly string[], item: Item) => Scores | Promise<Scores>;

/** The parts of a run that a grader may use. */
export interface GraderRun {
  /** The scorer that the task was added with. */
  scorer?: TextScorer;
  /** Stops the run. */
  signal?: AbortSignal;
  /** Keeps scores that are expensive to obtain. */
  cache?: AnswerCache;
}

/** An object that grades the texts of one run. */
export interface Grader<Item> {
  /** Name of the measured value in reports. */
  readonly name: string;
  /** Name of the scorer behind the value, which the report states; undefined where the metric itself computes it. */
  readonly scorer?: string;
  /** Returns the value of a text. */
  grade: Metric<Item>;
  /** Returns remarks on the texts that were graded, for the report. */
  notes?(): string[];
  /** Releases what the grader holds. */
  close?(): Promise<void>;
}

/** Returns the score of a text, such as its toxicity from 0 to 1; `prompt` is the text that it answers. */
export type ScoreText = (text: string, prompt: string) => Scores | Promise<Scores>;

/** A scorer with a name, which reports state beside every number that it makes. */
export interface TextScorer {
  /** Name in reports. */
  readonly name: string;
  /** Returns the score of a text. */
  score: ScoreText;
  /** True keeps the scores on disk under the scorer's name, for scores that are expensive to obtain. */
  readonly kept?: boolean;
}

/**
 * Returns a scorer, also for a plain function, which gives it its name.
 *
 * @throws {ConfigError} for anything else
 */
export function scorerOf(scorer: TextScorer | ScoreText): TextScorer {
  if (typeof scorer === "function") return { name: scorer.name || "a function", score: scorer };
  if (typeof scorer?.name === "string" && typeof scorer.score === "function") return scorer;
  throw new ConfigError(
    `Cannot use the scorer: must be a function or { name, score }, current value is ${show(scorer)}`,
    { path: "scorer", value: scorer },
  );
}

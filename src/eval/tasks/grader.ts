/**
 * What gives a generated text its value: a function, or something made for one run that may hold a scorer, a judge or
 * a sandbox. A value that could not be had is missing; it never counts as 0.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { ItemCache } from "../models/answer_cache.ts";

/** A value, several under names, or nothing when it could not be had. */
export type Scores = number | Record<string, number | undefined> | undefined;

/** Gives the value of a text. */
export type Metric<Item> = (text: string, answers: readonly string[], item: Item) => Scores | Promise<Scores>;

/** What a grader is made with. */
export interface GraderRun {
  /** The scorer that the task was added with. */
  scorer?: TextScorer;
  /** Stops the run. */
  signal?: AbortSignal;
  /** Where scores that are dear to have are kept. */
  cache?: ItemCache;
}

/** Gives texts their values for one run. */
export interface Grader<Item> {
  /** What it measures: the name of its value in reports. */
  readonly name: string;
  /** Who made the number, where that is not the metric itself; the report says so. */
  readonly scorer?: string;
  /** The value of a text. */
  grade: Metric<Item>;
  /** Gives back what it holds. */
  close?(): Promise<void>;
}

/** Scores a text, such as its toxicity from 0 to 1, knowing what it is an answer to. */
export type ScoreText = (text: string, prompt: string) => Scores | Promise<Scores>;

/** A scorer with a name, which stands beside every number that it makes. */
export interface TextScorer {
  /** Its name. */
  readonly name: string;
  /** Scores a text. */
  score: ScoreText;
  /** True when its scores are kept on disk under its name, because they are dear to have. */
  readonly kept?: boolean;
}

/**
 * A scorer, also from a plain function; then its name is the function's.
 *
 * @throws {ConfigError} for anything else
 */
export function scorerOf(given: TextScorer | ScoreText): TextScorer {
  if (typeof given === "function") return { name: given.name || "a function", score: given };
  if (typeof given?.name === "string" && typeof given.score === "function") return given;
  throw new ConfigError(
    `Cannot use the scorer: must be a function or { name, score }, current value is ${show(given)}`,
    { path: "scorer", value: given },
  );
}

/**
 * Exact match of a generated answer, as the paper scores closed-book questions: cut the text, normalise it and the
 * right answers, compare. The normalisation is the one of SQuAD (Rajpurkar et al. 2016).
 *
 * @module
 */
import type { AnswerNormalisation } from "../tasks/definition.ts";

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/**
 * The ways to write an answer: `trim` drops outer spaces; `words` also case, ASCII punctuation, articles and extra
 * spaces, which makes 1.5 and 15 the same and leaves nothing of "A".
 */
export const normalisers: Record<AnswerNormalisation, (text: string) => string> = {
  words: (text) =>
    text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLE, " ").split(/\s+/).filter(Boolean).join(" "),
  trim: (text) => text.trim(),
};

/** The function of a named normalisation, or the function itself. */
export function normaliser(
  given: AnswerNormalisation | ((text: string) => string),
): (text: string) => string {
  return typeof given === "function" ? given : normalisers[given];
}

/** `text` up to the first of the stop strings; without outer spaces, unless `trim` is false. */
export function cutAt(text: string, stops: readonly string[], trim = true): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  const kept = text.slice(0, Math.min(text.length, ...ends));
  return trim ? kept.trim() : kept;
}

/** True when the prediction equals one of the answers, both normalised. */
export function exactMatch(
  prediction: string,
  answers: readonly string[],
  normalisation: AnswerNormalisation | ((text: string) => string) = "words",
): boolean {
  const write = normaliser(normalisation);
  const own = write(prediction);
  return answers.some((answer) => write(answer) === own);
}

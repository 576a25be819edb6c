/**
 * Exact match of a generated text with the right answers, as the paper scores closed-book questions.
 *
 * The text is cut at the stop strings, text and answers are normalised, and the results are compared. The normalisation
 * is the one of SQuAD (Rajpurkar et al. 2016).
 *
 * @module
 */
import type { AnswerNormalisation } from "../tasks/definition.ts";

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** White space as Python splits by it: that of JavaScript without the byte-order mark, U+0085 and U+001C to U+001F. */
const SPACES = new RegExp(`(?:(?!\\ufeff)\\s|[\\u0085\\u001c-\\u001f])+`);
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/**
 * The functions of {@linkcode AnswerNormalisation}. `words` makes 1.5 and 15 the same and leaves nothing of "A", as SQuAD
 * does; a letter with its accent is one character first (NFC), so that both spellings of é are equal.
 */
export const normalisers: Record<AnswerNormalisation, (text: string) => string> = {
  words: (text) =>
    text.normalize("NFC").toLowerCase().replace(PUNCTUATION, "").replace(ARTICLE, " ").split(SPACES)
      .filter(Boolean).join(" "),
  trim: (text) => text.trim(),
};

/** Returns the function of a named normalisation, or the given function. */
export function normaliser(
  normalisation: AnswerNormalisation | ((text: string) => string),
): (text: string) => string {
  return typeof normalisation === "function" ? normalisation : normalisers[normalisation];
}

/** Returns `text` up to the first of the stop strings, without outer spaces unless `trim` is false. */
export function cutAt(text: string, stops: readonly string[], trim = true): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  const kept = text.slice(0, Math.min(text.length, ...ends));
  return trim ? kept.trim() : kept;
}

/** Returns true when the prediction equals one of the answers after normalisation. */
export function exactMatch(
  prediction: string,
  answers: readonly string[],
  normalisation: AnswerNormalisation | ((text: string) => string) = "words",
): boolean {
  const normalise = normaliser(normalisation);
  const normalised = normalise(prediction);
  return answers.some((answer) => normalise(answer) === normalised);
}

/**
 * What NaturalQuestions and TriviaQA share in the paper: the prompt it prints, the cut at the first line break, full
 * stop or comma, and exact match of normalised words.
 *
 * The cut makes "J.R.R. Tolkien" a "J": such answers cannot be right, which is the published protocol.
 *
 * @module
 */
import { normalisers } from "../scoring/exact_match.ts";

/** The part of the definition. */
export const closedBook = {
  kind: "generate",
  header: "Answer these questions:",
  separator: "\n",
  prompt: "Q: {question}\nA:",
  stop: ["\n", ".", ","],
  normalisation: "words",
} as const;

/** The answers that something is left of after normalisation. */
export function usable(answers: readonly string[]): string[] {
  return answers.filter((answer) => normalisers.words(answer) !== "");
}

/**
 * The closed-book protocol of the paper, for NaturalQuestions and TriviaQA: its prompt, its stop strings, exact match.
 *
 * A text is cut at the first line break, full stop or comma and matched after normalisation. The cut turns "J.R.R.
 * Tolkien" into "J", so such answers are never right; this is the published protocol.
 *
 * @module
 */
/** The fields of the definition that both tasks share. */
export const closedBook = {
  kind: "generate",
  header: "Answer these questions:",
  separator: "\n",
  prompt: "Q: {question}\nA:",
  stop: ["\n", ".", ","],
  normalisation: "words",
} as const;

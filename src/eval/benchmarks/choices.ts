/**
 * Reads choices in the two forms of the Allen Institute: texts beside labels, or a list of pairs inside the question.
 *
 * @module
 */
import type { TaskRow } from "../task_data/task_row.ts";

/** The options of a question and the index of the right one. */
interface Choices {
  /** The options. */
  texts: string[];
  /** Index of the right option, from 0. */
  answer: number;
}

/**
 * Returns the choices of a row: `choices: { text, label }`, or `question: { choices: [{ text, label }] }`. `answerKey` is
 * one of the labels, which may be letters or digits.
 *
 * @throws {DataError} when a field is missing or there are fewer than two choices
 */
export function choicesOf(row: TaskRow): Choices {
  const pairs = row.value("question.choices");
  const texts = Array.isArray(pairs)
    ? pairs.map((_, i) => row.text(`question.choices.${i}.text`))
    : row.texts("choices.text");
  const labels = Array.isArray(pairs)
    ? pairs.map((_, i) => row.text(`question.choices.${i}.label`))
    : row.texts("choices.label", texts.length);
  if (texts.length < 2) throw row.wrong("choices", `must be at least two, current number is ${texts.length}`);
  return { texts, answer: labels.indexOf(row.oneOf("answerKey", labels)) };
}

/** Returns the question: `question.stem`, or the field named `field`. */
export function stemOf(row: TaskRow, field: string): string {
  return row.text(row.has("question.stem") ? "question.stem" : field);
}

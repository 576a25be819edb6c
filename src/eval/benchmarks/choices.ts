/**
 * Choices as the Allen Institute publishes them: texts and labels side by side, or a list of pairs inside the question.
 *
 * @module
 */
import type { TaskRow } from "../task_data/task_row.ts";

/** The options of a question and the number of the right one. */
export interface Choices {
  /** The texts. */
  texts: string[];
  /** The right one, counted from 0. */
  answer: number;
}

/**
 * The choices of a row: `choices: { text, label }`, or `question: { choices: [{ text, label }] }`; `answerKey` is one of
 * the labels, which may be letters or digits.
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

/** The question: `question.stem`, or the field of that name. */
export function stemOf(row: TaskRow, field: string): string {
  return row.text(row.has("question.stem") ? "question.stem" : field);
}

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
 * Returns the choices of a row: `choices: { text, label }`, `choices: [{ text, label }]`, or `question: { choices: [{ text,
 * label }] }`. `answerKey` is one of the labels, which may be letters or digits; a letter also stands for a digit and a
 * digit for a letter.
 *
 * @throws {DataError} when a field is missing, there are fewer than two choices, or a label stands twice
 */
export function choicesOf(row: TaskRow): Choices {
  const field = Array.isArray(row.value("question.choices")) ? "question.choices" : "choices";
  const pairs = row.value(field);
  const texts = Array.isArray(pairs)
    ? pairs.map((_, i) => row.string(`${field}.${i}.text`))
    : row.list(`${field}.text`);
  if (texts.length < 2) {
    throw row.wrong(
      `${field}.text`,
      `must be a list of at least two texts, current number is ${texts.length}`,
    );
  }
  const labels = Array.isArray(pairs)
    ? pairs.map((_, i) => row.text(`${field}.${i}.label`).trim())
    : row.texts(`${field}.label`, texts.length).map((label) => label.trim());
  if (new Set(labels).size < labels.length) throw row.wrong(`${field}.label`, "must have each label once");
  return { texts, answer: labels.indexOf(keyOf(row, labels)) };
}

/** Returns the label that `answerKey` names. */
function keyOf(row: TaskRow, labels: readonly string[]): string {
  const key = String(row.value("answerKey") ?? "").trim();
  const other = /^[1-9]$/.test(key) ? "ABCDEFGHI"[Number(key) - 1] : String("ABCDEFGHI".indexOf(key) + 1);
  if (!labels.includes(key) && labels.includes(other)) return other;
  return row.oneOf("answerKey", labels);
}

/** Returns the question: `question.stem`, or the field named `field`. */
export function stemOf(row: TaskRow, field: string): string {
  return row.text(row.has("question.stem") ? "question.stem" : field);
}

/**
 * MMLU: exam questions of 57 subjects with four options.
 *
 * Hendrycks et al. 2021; the paper's tables 9, 10 and 16.
 *
 * Data: one CSV file per subject without a header line, `question, A, B, C, D, letter`, or rows `{ question, subject,
 * choices, answer }`. Test set of 14,042 items.
 *
 * Protocol: 5-shot, with the five questions that the benchmark gives for each subject (its `dev` files). The prompt is the
 * one of the authors' script, which has two spaces after "about"; the most likely letter is the choice. Averages are over
 * questions.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskRow } from "../task_data/task_row.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { mmluGroups } from "./mmlu_groups.ts";

const letters = ["A", "B", "C", "D"];

/** MMLU. */
export const mmlu: Task = defineTask({
  name: "mmlu",
  kind: "choice",
  published: {
    files: [
      ...["test/*_test.csv", "data/test/*_test.csv", "*_test.csv"],
      ...[...splitFiles("test", "all"), ...splitFiles("test", "*"), ...splitFiles("test")],
    ],
    hub: "hf://cais/mmlu",
    shots: [
      ...["dev/*_dev.csv", "data/dev/*_dev.csv", "../dev/*_dev.csv"],
      ...[...splitFiles("dev", "all"), ...splitFiles("dev", "*"), ...splitFiles("dev")],
    ],
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const subject = subjectOf(row);
      const [a, b, c, d] = choicesOf(row);
      return {
        subject,
        about: ` ${subject.replaceAll("_", " ")}`,
        question: row.text("question"),
        a,
        b,
        c,
        d,
        ...answerOf(row),
      };
    }, { columns: ["question", ...letters, "answer"] }),
  header: "The following are multiple choice questions (with answers) about {about}.",
  prompt: "{question}\nA. {a}\nB. {b}\nC. {c}\nD. {d}\nAnswer:",
  options: () => letters,
  answer: ({ answer }) => answer,
  shots: 5,
  draw: "first",
  pool: ({ subject }) => subject,
  groups: ({ subject }) => [mmluGroups.get(subject)!, subject],
  normalisation: "sum",
});

function subjectOf(row: TaskRow): string {
  const file = row.file ?? "";
  const named = row.has("subject")
    ? row.text("subject")
    : /([a-z_]+)_(?:test|dev|val)\.csv/.exec(file)?.[1] ??
      file.split(/[\\/]/).findLast((part) => mmluGroups.has(part));
  if (named !== undefined && mmluGroups.has(named)) return named;
  throw row.wrong(
    "subject",
    `must be one of the ${mmluGroups.size} subjects, current value is ${named ?? "unknown"}`,
  );
}

function choicesOf(row: TaskRow): string[] {
  const choices = row.has("choices") ? row.list("choices") : letters.map((letter) => row.string(letter));
  if (choices.length !== 4) {
    throw row.wrong("choices", `must be 4 texts, current number is ${choices.length}`);
  }
  const blank = letters.filter((_, i) => choices[i].trim() === "");
  if (blank.length > 0) row.odd(`choice ${blank.join(", ")} is blank`);
  return choices;
}

/** Returns the index of the answer, which is a letter in the CSV files and a number in the rows. */
function answerOf(row: TaskRow): { answer: number } {
  const letter = letters.indexOf(String(row.value("answer")).trim());
  if (letter >= 0) return { answer: letter };
  if (row.has("choices")) return { answer: row.whole("answer", 0, 3) };
  return { answer: letters.indexOf(row.oneOf("answer", letters)) };
}

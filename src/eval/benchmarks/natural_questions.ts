/**
 * NaturalQuestions, closed-book: questions that people asked a search engine.
 *
 * Kwiatkowski et al. 2019, in the open version of Lee et al. 2019; the paper's table 4, with 0, 1, 5 and 64 shots.
 *
 * Data: rows `{ question, answer: [...] }`. Validation set of 3,610 items.
 *
 * Protocol: the paper's closed-book prompt. The file has questions in lower case without question marks; the paper's
 * example has a capital and a question mark, so both are added. An example shows the first of its answers.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { closedBook } from "./closed_book.ts";

/** NaturalQuestions. */
export const naturalQuestions: Task = defineTask({
  ...closedBook,
  name: "natural-questions",
  published: {
    files: [
      "NQ-open.dev.jsonl",
      "nq_open/NQ-open.dev.jsonl",
      "NQ-open.efficientqa.dev.1.1.jsonl",
      ...splitFiles("validation"),
      ...nested("validation"),
    ],
    hub: "hf://google-research-datasets/nq_open",
    shots: ["NQ-open.train.jsonl", "nq_open/NQ-open.train.jsonl", ...splitFiles("train"), ...nested("train")],
  },
  items: (source: TaskSource) =>
    source.items((row) => ({
      question: asQuestion(row.text("question").trim()),
      answers: row.list(row.has("answer") ? "answer" : "answers"),
    })),
  answer: ({ answers }) => answers,
});

function nested(split: string): string[] {
  return splitFiles(split, "nq_open");
}

function asQuestion(question: string): string {
  return `${question[0].toUpperCase()}${question.slice(1)}${question.endsWith("?") ? "" : "?"}`;
}

/**
 * NaturalQuestions, open and closed-book (Kwiatkowski et al. 2019; Lee et al. 2019): questions that people asked a search
 * engine. [paper table 4: 0, 1, 5 and 64 shots]
 *
 * Rows `{ question, answer: [...] }`. Validation set, 3,610 items. The file has small letters and no question marks; the
 * paper's example has both, so they are added. An example shows the first of its answers.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { closedBook, usable } from "./closed_book.ts";

/** NaturalQuestions. */
export const naturalQuestions: Task = defineTask({
  ...closedBook,
  name: "natural-questions",
  published: {
    files: [
      "NQ-open.dev.jsonl",
      "NQ-open.efficientqa.dev.1.1.jsonl",
      ...splitFiles("validation"),
      ...nested("validation"),
    ],
    hub: "hf://google-research-datasets/nq_open",
    shots: ["NQ-open.train.jsonl", ...splitFiles("train"), ...nested("train")],
  },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) {
      const answers = usable(row.texts("answer"));
      if (answers.length === 0) throw row.wrong("answer", "must have more than punctuation and articles");
      yield { question: asked(row.text("question").trim()), answers };
    }
  },
  answer: ({ answers }) => answers,
});

function nested(split: string): string[] {
  return splitFiles(split, "nq_open");
}

function asked(question: string): string {
  return `${question[0].toUpperCase()}${question.slice(1)}${question.endsWith("?") ? "" : "?"}`;
}

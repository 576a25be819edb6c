/**
 * OpenBookQA (Mihaylov et al. 2018): elementary science that needs a fact and a thought; the fact is not shown. [paper
 * table 3]
 *
 * Rows `{ question_stem, choices: { text, label }, answerKey }`, or the original `question: { stem, choices }`. Test set,
 * 500 items. Zero-shot; the prompt is the stem alone; compared by the ratio to "Answer:", as the paper does for this one
 * and BoolQ.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { choicesOf, stemOf } from "./choices.ts";

/** OpenBookQA. */
export const openbookqa: Task = defineTask({
  name: "openbookqa",
  kind: "choice",
  published: {
    files: [...splitFiles("test"), ...splitFiles("test", "main")],
    hub: "hf://allenai/openbookqa",
  },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) yield { stem: stemOf(row, "question_stem"), ...choicesOf(row) };
  },
  prompt: "{stem}",
  options: ({ texts }) => texts,
  answer: ({ answer }) => answer,
  normalisation: "ratio",
});

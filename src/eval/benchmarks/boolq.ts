/**
 * BoolQ (Clark et al. 2019): a yes-or-no question about a passage. [paper table 3]
 *
 * Rows `{ question, passage, answer }`, in SuperGLUE's files `label` 1 for yes. Validation set, 3,270 items. Zero-shot;
 * compared by the ratio to "Answer:", as the paper does for this one and OpenBookQA. The paper does not print its
 * prompt, this is the one of the evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** BoolQ. */
export const boolq: Task = defineTask({
  name: "boolq",
  kind: "choice",
  published: { files: ["dev.jsonl", "val.jsonl", ...splitFiles("validation")], hub: "hf://google/boolq" },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) {
      const yes = row.flag(row.has("answer") ? "answer" : "label");
      yield { passage: row.text("passage"), question: row.text("question"), yes };
    }
  },
  prompt: "{passage}\nQuestion: {question}?\nAnswer:",
  options: () => ["yes", "no"],
  answer: ({ yes }) => yes ? 0 : 1,
  normalisation: "ratio",
});

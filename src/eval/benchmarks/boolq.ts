/**
 * BoolQ: yes-or-no questions about a passage.
 *
 * Clark et al. 2019; the paper's table 3.
 *
 * Data: rows `{ question, passage, answer }`; SuperGLUE's files have `label` 1 for yes. Validation set of 3,270 items.
 *
 * Protocol: zero-shot, options compared by the ratio to "Answer:", as in the paper for BoolQ and OpenBookQA. The prompt is
 * the evaluation harness's (Gao et al. 2021), since the paper prints none.
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

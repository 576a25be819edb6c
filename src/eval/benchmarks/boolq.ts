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
  published: {
    files: [
      ...["boolq/dev.jsonl", "BoolQ/val.jsonl", "dev.jsonl", "val.jsonl"],
      ...[...splitFiles("validation", "boolq"), ...splitFiles("validation")],
    ],
    hub: "hf://google/boolq",
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const yes = row.flag(row.has("answer") ? "answer" : "label");
      return { passage: row.text("passage"), question: withoutMark(row.text("question")), yes };
    }),
  prompt: "{passage}\nQuestion: {question}?\nAnswer:",
  options: () => ["yes", "no"],
  answer: ({ yes }) => yes ? 0 : 1,
  normalisation: "ratio",
});

/** Returns a question without a question mark at its end, since the prompt adds one. */
function withoutMark(question: string): string {
  return question.replace(/\s*\?[\s?]*$/, "");
}

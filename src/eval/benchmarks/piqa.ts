/**
 * PIQA (Bisk et al. 2020): which of two ways reaches an everyday goal. [paper table 3]
 *
 * Rows `{ goal, sol1, sol2 }` with `label` 0 for `sol1` and 1 for `sol2`, or the labels in a file of their own, one
 * a line. Validation set, 1,838 items: the labels of the test set are hidden. Zero-shot; the paper does not print
 * its prompt, this is the one of the evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** PIQA. */
export const piqa: Task = defineTask({
  name: "piqa",
  kind: "choice",
  published: {
    files: ["valid.jsonl", "piqa_valid.jsonl", ...splitFiles("validation")],
    hub: "hf://ybisk/piqa",
  },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) {
      const solutions = [row.text("sol1"), row.text("sol2")];
      yield { goal: row.text("goal"), solutions, label: row.label(0, 1) };
    }
  },
  prompt: "Question: {goal}\nAnswer:",
  options: ({ solutions }) => solutions,
  answer: ({ label }) => label,
});

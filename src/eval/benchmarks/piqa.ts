/**
 * PIQA: two ways to reach an everyday goal, one of which works.
 *
 * Bisk et al. 2020; the paper's table 3.
 *
 * Data: rows `{ goal, sol1, sol2 }` with `label` 0 for `sol1` and 1 for `sol2`, or the labels in a file of their own, one
 * per line. Validation set of 1,838 items, since the labels of the test set are hidden.
 *
 * Protocol: zero-shot, log-likelihood per character. The prompt is the evaluation harness's (Gao et al. 2021), since the
 * paper prints none.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

const hubFiles = [...splitFiles("validation"), ...splitFiles("validation", "plain_text")];

/** PIQA. */
export const piqa: Task = defineTask({
  name: "piqa",
  kind: "choice",
  published: {
    files: ["valid.jsonl", "piqa_valid.jsonl", ...hubFiles, "physicaliqa-train-dev/dev.jsonl", "dev.jsonl"],
    hub: "hf://ybisk/piqa",
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const solutions = [row.string("sol1"), row.string("sol2")];
      return { goal: row.text("goal"), solutions, label: row.label(0, 1) };
    }),
  prompt: "Question: {goal}\nAnswer:",
  options: ({ solutions }) => solutions,
  answer: ({ label }) => label,
});

/**
 * Social IQa: questions about the wishes, feelings and next actions of people.
 *
 * Sap et al. 2019; the paper's table 3, which finds its scores noisy.
 *
 * Data: rows `{ context, question, answerA, answerB, answerC }` with `label` "1" to "3", or the labels in a file of their
 * own. Validation set of 1,954 items.
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

/** Social IQa. */
export const siqa: Task = defineTask({
  name: "siqa",
  kind: "choice",
  published: {
    files: ["socialiqa-train-dev/dev.jsonl", "dev.jsonl", ...splitFiles("validation")],
    hub: "hf://allenai/social_i_qa",
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const [context, question] = [row.text("context"), row.text("question")];
      const answers = ["answerA", "answerB", "answerC"].map((field) => row.string(field));
      return { context, question, answers, label: row.label(1, 3) };
    }),
  prompt: "Q: {context} {question}\nA:",
  options: ({ answers }) => answers,
  answer: ({ label }) => label - 1,
});

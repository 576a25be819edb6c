/**
 * Social IQa (Sap et al. 2019): what people want, feel or do next. [paper table 3]
 *
 * Rows `{ context, question, answerA, answerB, answerC }` with `label` "1" to "3", or the labels in a file of their
 * own. Validation set, 1,954 items. Zero-shot; the prompt is the one of the evaluation harness. The paper finds its
 * scores noisy.
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
  published: { files: ["dev.jsonl", ...splitFiles("validation")], hub: "hf://allenai/social_i_qa" },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) {
      const [context, question] = [row.text("context"), row.text("question")];
      const answers = ["answerA", "answerB", "answerC"].map((field) => row.text(field));
      yield { context, question, answers, label: row.label(1, 3) };
    }
  },
  prompt: "Q: {context} {question}\nA:",
  options: ({ answers }) => answers,
  answer: ({ label }) => label - 1,
});

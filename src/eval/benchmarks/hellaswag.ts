/**
 * HellaSwag (Zellers et al. 2019): how a scene goes on. [paper table 3]
 *
 * Rows `{ activity_label, ctx_a, ctx_b, endings, label }`. Validation set, 10,042 items: the labels of the test set are
 * hidden. Zero-shot; context and endings are cleaned as the evaluation harness cleans them.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** HellaSwag. */
export const hellaswag: Task = defineTask({
  name: "hellaswag",
  kind: "choice",
  published: {
    files: ["hellaswag_val.jsonl", ...splitFiles("validation")],
    hub: "hf://Rowan/hellaswag",
  },
  async *items(source: TaskSource) {
    for await (const row of source.rows()) {
      const [activity, a] = [row.text("activity_label"), row.text("ctx_a")];
      const b = row.value("ctx_b");
      const context = clean(`${activity}: ${a} ${typeof b === "string" ? capitalise(b) : ""}`);
      yield { context, endings: row.texts("endings", 4).map(clean), label: row.label(0, 3) };
    }
  },
  prompt: "{context}",
  options: ({ endings }) => endings,
  answer: ({ label }) => label,
});

/** Marks of the how-to pages out: " [title]" becomes a full stop, other brackets go; two spaces become one, once. */
function clean(text: string): string {
  return text.trim().replaceAll(" [title]", ". ").replace(/\[.*?\]/g, "").replaceAll("  ", " ");
}

/** As Python's `capitalize` does it: the first letter large, all others small. */
function capitalise(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

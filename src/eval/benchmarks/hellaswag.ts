/**
 * HellaSwag: four endings of a described scene, one of them real.
 *
 * Zellers et al. 2019; the paper's table 3.
 *
 * Data: rows `{ activity_label, ctx_a, ctx_b, endings, label }`. Validation set of 10,042 items, since the labels of the
 * test set are hidden.
 *
 * Protocol: zero-shot, log-likelihood per character; context and endings are cleaned as in the evaluation harness (Gao et
 * al. 2021).
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
    files: [
      ...["hellaswag_val.jsonl", "data/hellaswag_val.jsonl", "hellaswag-train-dev/valid.jsonl"],
      ...splitFiles("validation"),
    ],
    hub: "hf://Rowan/hellaswag",
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const [activity, a] = [row.text("activity_label"), row.text("ctx_a")];
      const b = row.value("ctx_b");
      const context = clean(`${activity}: ${a} ${typeof b === "string" ? capitalise(b) : ""}`);
      const endings = row.options("endings", 4).map(clean);
      return { context, endings, label: row.label(0, endings.length - 1) };
    }),
  prompt: "{context}",
  options: ({ endings }) => endings,
  answer: ({ label }) => label,
});

/**
 * Removes the marks of how-to pages: " [title]" becomes a full stop, other brackets go, and pairs of spaces become one
 * space in a single pass.
 */
function clean(text: string): string {
  return text.trim().replaceAll(" [title]", ". ").replace(/\[.*?\]/g, "").replaceAll("  ", " ");
}

/** Writes the first letter in upper case and all others in lower case, as Python's `capitalize` does. */
function capitalise(text: string): string {
  const [first = "", ...rest] = text;
  return first.toUpperCase() + rest.join("").toLowerCase();
}

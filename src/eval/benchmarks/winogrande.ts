/**
 * WinoGrande: sentences with a blank that one of two nouns fills.
 *
 * Sakaguchi et al. 2020; the paper's table 3.
 *
 * Data: rows `{ sentence, option1, option2, answer }`; the sentence has one `_`, the answer is "1" or "2". Validation set
 * of 1,267 items.
 *
 * Protocol: zero-shot with partial scoring (Trinh and Le 2018). The text after the blank is scored after either noun, and
 * the noun that makes it more likely is the choice. That text is scored as it stands, with a space in front only where the
 * sentence has one [ours].
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** WinoGrande. */
export const winogrande: Task = defineTask({
  name: "winogrande",
  kind: "choice",
  published: {
    files: [
      ...["winogrande_1.1/dev.jsonl", "dev.jsonl", ...splitFiles("validation", "winogrande_xl")],
      ...[...splitFiles("validation"), ...splitFiles("validation", "winogrande_debiased")],
    ],
    hub: "hf://allenai/winogrande",
  },
  items: (source: TaskSource) =>
    source.items((row) => {
      const parts = row.text("sentence").split("_");
      const nouns = [row.string("option1"), row.string("option2")];
      if (parts.length !== 2) throw row.wrong("sentence", "must have one blank, written _");
      if (parts[1].trim() === "") throw row.wrong("sentence", "must go on behind the blank");
      return { start: parts[0], end: parts[1].trimEnd(), nouns, answer: row.label(1, 2, "answer") };
    }),
  prompt: "{start}",
  options: ({ nouns }) => nouns,
  pairs: ({ start, end, nouns }) => nouns.map((noun) => [start + noun, end] as const),
  answer: ({ answer }) => answer - 1,
  example: ({ start, end, nouns, answer }) => start + nouns[answer - 1] + end,
  normalisation: "sum",
});

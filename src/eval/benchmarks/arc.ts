/**
 * ARC (Clark et al. 2018): school science questions, the easy ones and those that simple methods get wrong. [paper
 * table 3]
 *
 * Rows `{ question, choices: { text, label }, answerKey }`, or the original `question: { stem, choices }`; three to five
 * choices, labelled by letters or digits. Test sets, 2,376 and 1,172 items. Zero-shot; the prompt is the one of the
 * evaluation harness.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { choicesOf, stemOf } from "./choices.ts";

/** ARC easy. */
export const arcEasy: Task = arc("arc-easy", "ARC-Easy");

/** ARC challenge. */
export const arcChallenge: Task = arc("arc-challenge", "ARC-Challenge");

function arc(name: string, configuration: string): Task {
  return defineTask({
    name,
    kind: "choice",
    published: {
      files: [
        `${configuration}-Test.jsonl`,
        ...splitFiles("test", configuration),
        ...splitFiles("test", name),
      ],
      hub: "hf://allenai/ai2_arc",
    },
    async *items(source: TaskSource) {
      for await (const row of source.rows()) yield { question: stemOf(row, "question"), ...choicesOf(row) };
    },
    prompt: "Question: {question}\nAnswer:",
    options: ({ texts }) => texts,
    answer: ({ answer }) => answer,
  });
}

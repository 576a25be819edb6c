/**
 * ARC: grade-school science questions with three to five options, in an easy and a challenge set.
 *
 * Clark et al. 2018; the paper's table 3. The challenge set holds the questions that simple methods get wrong.
 *
 * Data: rows `{ question, choices: { text, label }, answerKey }`, or the original `question: { stem, choices }`; labels
 * are letters or digits. Test sets of 2,376 and 1,172 items.
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
import { choicesOf, stemOf } from "./choices.ts";

/** The easy set of ARC. */
export const arcEasy: Task = arc("arc-easy", "ARC-Easy");

/** The challenge set of ARC. */
export const arcChallenge: Task = arc("arc-challenge", "ARC-Challenge");

function arc(name: string, configuration: string): Task {
  return defineTask({
    name,
    kind: "choice",
    published: {
      files: [
        `${configuration}-Test.jsonl`,
        `${configuration}/${configuration}-Test.jsonl`,
        `ARC-V1-Feb2018-2/${configuration}/${configuration}-Test.jsonl`,
        ...splitFiles("test", configuration),
        ...splitFiles("test", name),
      ],
      hub: "hf://allenai/ai2_arc",
    },
    items: (source: TaskSource) =>
      source.items((row) => ({ question: stemOf(row, "question"), ...choicesOf(row) })),
    prompt: "Question: {question}\nAnswer:",
    options: ({ texts }) => texts,
    answer: ({ answer }) => answer,
  });
}

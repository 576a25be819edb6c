/**
 * OpenBookQA: elementary science questions that need a fact and a step of reasoning.
 *
 * Mihaylov et al. 2018; the paper's table 3.
 *
 * Data: rows `{ question_stem, choices: { text, label }, answerKey }`, or the original `question: { stem, choices }`. Test
 * set of 500 items.
 *
 * Protocol: zero-shot; the prompt is the stem alone, without the fact. Options are compared by the ratio to "Answer:", as
 * in the paper for OpenBookQA and BoolQ.
 *
 * @module
 */
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { choicesOf, stemOf } from "./choices.ts";

/** OpenBookQA. */
export const openbookqa: Task = defineTask({
  name: "openbookqa",
  kind: "choice",
  published: {
    files: [
      ...["OpenBookQA-V1-Sep2018/Data/Main/test.jsonl", "Data/Main/test.jsonl", "Main/test.jsonl"],
      ...[...splitFiles("test", "main"), ...splitFiles("test"), "test_complete.jsonl"],
      ...splitFiles("test", "additional"),
    ],
    hub: "hf://allenai/openbookqa",
  },
  items: (source: TaskSource) =>
    source.items((row) => ({ stem: stemOf(row, "question_stem"), ...choicesOf(row) })),
  prompt: "{stem}",
  options: ({ texts }) => texts,
  answer: ({ answer }) => answer,
  normalisation: "ratio",
});

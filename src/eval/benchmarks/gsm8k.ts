/**
 * GSM8k (Cobbe et al. 2021): word problems of grade-school arithmetic. [paper table 7, with and without maj1@100]
 *
 * Rows `{ question, answer }`; behind `####` stands the right answer, `<<3*4=12>>` are marks for a calculator. Test set,
 * 1,319 items. Eight worked examples in the form of Wei et al. (2022), written for this project, or drawn from the
 * training file when `{ shots }` names it. The answer is the number behind "The answer is", else the last number [ours];
 * numbers are compared as numbers. For voting temperature 0.6 and top-p 0.95, as in Minerva.
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { thought, wordProblems } from "./worked_examples.ts";

const voting: Sampling = { temperature: 0.6, topP: 0.95, samples: 100, combine: "majority" };

/** GSM8k. */
export const gsm8k: Task = { ...task(), variants: { "maj1@100": task(voting) } };

function task(sampling?: Sampling): Task {
  return defineTask({
    name: "gsm8k",
    kind: "generate",
    sampling,
    published: {
      files: ["test.jsonl", "gsm8k_test.jsonl", ...splitFiles("test"), ...splitFiles("test", "main")],
      hub: "hf://openai/gsm8k",
    },
    async *items(source: TaskSource) {
      for await (const row of source.rows()) {
        const [thoughts, answer = ""] = row.text("answer").split("####");
        const number = writeNumber(answer);
        if (!/^-?\d/.test(number)) throw row.wrong("answer", "must end with #### and a number");
        yield { question: row.text("question").trim(), thoughts: unmarked(thoughts), answer: number };
      }
    },
    prompt: "Q: {question}\nA:",
    example: ({ question, thoughts, answer }) => thought(question, thoughts, answer),
    exemplars: wordProblems,
    shots: 8,
    answer: ({ answer }) => answer,
    extract: numberIn,
    normalisation: writeNumber,
    stop: ["Q:", "\n\n"],
    maxTokens: 256,
  });
}

/** Thoughts on one line, without the marks for a calculator. */
function unmarked(thoughts: string): string {
  return thoughts.replace(/<<[^>]*>>/g, "").trim().replace(/\s*\n\s*/g, " ");
}

/** The number behind "The answer is", else the last one. */
export function numberIn(text: string): string | undefined {
  const stated = /The answer is \$?(-?[\d.,]*\d)/.exec(text)?.[1];
  return stated ?? text.match(/-?\d[\d,]*(?:\.\d+)?/g)?.at(-1);
}

/** A number so that 7, 7.0 and 7.00 are the same text, as are 1,000 and 1000. */
export function writeNumber(text: string): string {
  const plain = text.replace(/[,$\s]/g, "").replace(/\.$/, "");
  return plain !== "" && Number.isFinite(Number(plain)) ? String(Number(plain)) : plain;
}

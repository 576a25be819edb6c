/**
 * GSM8k: word problems of grade-school arithmetic.
 *
 * Cobbe et al. 2021; the paper's table 7, with and without maj1@100.
 *
 * Data: rows `{ question, answer }`. The right answer follows `####`; `<<3*4=12>>` are marks for a calculator. Test set of
 * 1,319 items.
 *
 * Protocol: eight worked examples in the form of Wei et al. (2022), written for this project, or examples drawn from the
 * training file when `{ shots }` names it. The answer of a text is the number after "The answer is", else its last number
 * [ours]; numbers are compared as numbers. Voting draws at temperature 0.6 and top-p 0.95, as in Minerva (Lewkowycz et
 * al. 2022).
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { chainOfThought, wordProblems } from "./worked_examples.ts";

const voting: Sampling = { temperature: 0.6, topP: 0.95, samples: 100, combine: "majority" };

/** GSM8k. */
export const gsm8k: Task = { ...task(), variants: { "maj1@100": task(voting) } };

function task(sampling?: Sampling): Task {
  return defineTask({
    name: "gsm8k",
    kind: "generate",
    sampling,
    published: {
      files: [
        ...["grade_school_math/data/test.jsonl", "data/test.jsonl", "test.jsonl", "gsm8k_test.jsonl"],
        ...[...splitFiles("test", "main"), ...splitFiles("test")],
      ],
      hub: "hf://openai/gsm8k",
    },
    items: (source: TaskSource) =>
      source.items((row) => {
        const [reasoning, answer = ""] = row.text("answer").split("####");
        const number = canonicalNumber(answer);
        return {
          question: row.text("question").trim(),
          reasoning: onOneLine(reasoning),
          answer: /^-?\d/.test(number) ? number : "",
        };
      }),
    prompt: "Q: {question}\nA:",
    example: ({ question, reasoning, answer }) => chainOfThought(question, reasoning, answer),
    exemplars: wordProblems,
    shots: 8,
    answer: ({ answer }) => answer,
    extract: finalNumber,
    normalisation: canonicalNumber,
    stop: ["Q:", "\n\n"],
    maxTokens: 256,
  });
}

/** Puts the reasoning on one line and drops the marks for a calculator. */
function onOneLine(reasoning: string): string {
  return reasoning.replace(/<<[^>]*>>/g, "").trim().replace(/\s*\n\s*/g, " ");
}

/** Returns the number after "The answer is", else the last number of the text. */
export function finalNumber(text: string): string | undefined {
  const stated = /The answer is \$?(-?[\d.,]*\d)/.exec(text)?.[1];
  return stated ?? text.match(/-?\d[\d,]*(?:\.\d+)?/g)?.at(-1);
}

/** Returns a number in one form: 7, 7.0 and 7.00 become the same text, as do 1,000 and 1000. */
export function canonicalNumber(text: string): string {
  const plain = text.replace(/[,$\s]/g, "").replace(/\.$/, "");
  return plain !== "" && Number.isFinite(Number(plain)) ? String(Number(plain)) : plain;
}

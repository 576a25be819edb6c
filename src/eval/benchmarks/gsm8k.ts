/**
 * GSM8k: word problems of grade-school arithmetic.
 *
 * Cobbe et al. 2021; the paper's table 7, with and without maj1@100.
 *
 * Data: rows `{ question, answer }`. The right answer follows `####`; `<<3*4=12>>` are marks for a calculator. Test set of
 * 1,319 items.
 *
 * Protocol: eight worked examples in the form of Wei et al. (2022), written for this project, or examples drawn from the
 * training file when `{ shots }` names it. The answer of a text is the number after "The answer is" or after `####`, else
 * its last number; numbers are compared as numbers [ours]. Voting draws at temperature 0.6 and top-p 0.95, as in Minerva (Lewkowycz et
 * al. 2022).
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { canonicalNumber, firstNumber, lastNumber } from "./number_answer.ts";
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
        const number = canonicalNumber(firstNumber(answer) ?? "");
        return {
          question: row.text("question").trim(),
          reasoning: onOneLine(reasoning),
          answer: number,
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

/**
 * Returns the number that a text states: the one after "The answer is", or behind the last equals sign where a calculation
 * stands there; else the one after the `####` of the training set, else the last number of the text, as the evaluation
 * harness's flexible filter takes it.
 */
export function finalNumber(text: string): string | undefined {
  const sentence = /the answer is\b:?(.*?)(?:\.(?!\d)|\n|$)/is.exec(text)?.[1] ?? "";
  const marked = /####([^\n]*)/.exec(text)?.[1] ?? "";
  return statedNumber(sentence.trim()) ?? firstNumber(marked) ?? lastNumber(text);
}

function statedNumber(sentence: string): string | undefined {
  const first = firstNumber(sentence);
  if (first === undefined) return undefined;
  const behind = sentence.slice(sentence.indexOf(first) + first.length);
  const isCalculation = !sentence.startsWith(first) ||
    /^\s*(?:[-+*/=\u00d7\u00f7\u2212]|x\s*\d|\\(?:times|cdot|div))/.test(behind);
  return isCalculation ? firstNumber(sentence.slice(sentence.lastIndexOf("=") + 1)) ?? first : first;
}

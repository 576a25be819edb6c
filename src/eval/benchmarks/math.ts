/**
 * MATH: competition problems in mathematics with worked solutions.
 *
 * Hendrycks et al. 2021; the paper's table 7, with and without maj1@256.
 *
 * Data: rows `{ problem, level, type, solution }`, or the original folders with one JSON file per problem. The right answer
 * is the boxed expression of the solution. Test set of 5,000 items.
 *
 * Protocol: Minerva's (Lewkowycz et al. 2022), with four worked examples and a sentence that states the final answer;
 * voting draws at temperature 0.6 and top-p 0.95. The examples were written for this project and replace Minerva's own.
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { boxed, canonicalMath, finalAnswer } from "./math_answer.ts";
import { competitionProblems, workedSolution } from "./worked_examples.ts";

const voting: Sampling = { temperature: 0.6, topP: 0.95, samples: 256, combine: "majority" };

/** MATH. */
export const math: Task = { ...task(), variants: { "maj1@256": task(voting) } };

function task(sampling?: Sampling): Task {
  return defineTask({
    name: "math",
    kind: "generate",
    sampling,
    published: {
      files: [
        ...["test/*/*.json", "MATH/test/*/*.json", "*/*.json"],
        ...[...splitFiles("test", "*"), ...splitFiles("test")],
      ],
      hub: "hf://EleutherAI/hendrycks_math",
    },
    items: (source: TaskSource) =>
      source.items((row) => ({
        problem: row.text("problem"),
        answer: boxed(row.text("solution")) ?? "",
        solution: row.text("solution"),
        types: row.has("type") ? [row.string("type")] : [],
      })),
    prompt: "Problem:\n{problem}\n\nSolution:",
    example: ({ problem, solution, answer }) => workedSolution(problem, solution, answer),
    exemplars: competitionProblems,
    shots: 4,
    answer: ({ answer }) => answer,
    groups: ({ types }) => types,
    extract: finalAnswer,
    normalisation: canonicalMath,
    stop: ["Problem:"],
    maxTokens: 512,
  });
}

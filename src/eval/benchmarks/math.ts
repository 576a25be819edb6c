/**
 * MATH (Hendrycks et al. 2021): competition problems with worked solutions. [paper table 7, with and without maj1@256]
 *
 * Rows `{ problem, level, type, solution }`, or the original folders with a JSON file a problem; the right answer is what
 * the solution boxes. Test set, 5,000 items. The format is Minerva's (Lewkowycz et al. 2022): four worked examples, a
 * sentence that states the final answer, for voting temperature 0.6 and top-p 0.95. The examples were written for this
 * project; Minerva's own are not repeated here.
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";
import { boxed, finalAnswer, writeMath } from "./math_answer.ts";
import { competitionProblems, solved } from "./worked_examples.ts";

const voting: Sampling = { temperature: 0.6, topP: 0.95, samples: 256, combine: "majority" };

/** MATH. */
export const math: Task = { ...task(), variants: { "maj1@256": task(voting) } };

function task(sampling?: Sampling): Task {
  return defineTask({
    name: "math",
    kind: "generate",
    sampling,
    published: {
      files: ["test/*/*.json", "MATH/test/*/*.json", ...splitFiles("test"), ...splitFiles("test", "*")],
      hub: "hf://EleutherAI/hendrycks_math",
    },
    async *items(source: TaskSource) {
      for await (const row of source.rows()) {
        const answer = boxed(row.text("solution"));
        if (answer === undefined || writeMath(answer) === "") {
          throw row.wrong("solution", "must have its answer in \\boxed{...}");
        }
        yield {
          problem: row.text("problem"),
          answer,
          solution: row.text("solution"),
          types: row.has("type") ? [row.text("type")] : [],
        };
      }
    },
    prompt: "Problem:\n{problem}\n\nSolution:",
    example: ({ problem, solution, answer }) => solved(problem, solution, answer),
    exemplars: competitionProblems,
    shots: 4,
    answer: ({ answer }) => answer,
    groups: ({ types }) => types,
    extract: finalAnswer,
    normalisation: writeMath,
    stop: ["Problem:"],
    maxTokens: 512,
  });
}

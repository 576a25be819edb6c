/**
 * HumanEval: Python functions to complete from their signature and description.
 *
 * Chen et al. 2021; the paper's table 8.
 *
 * Data: rows `{ task_id, prompt, canonical_solution, test, entry_point }`, 164 items.
 *
 * Protocol: zero-shot, the prompt as it is. pass@1 at temperature 0.1; the variant pass@100 at temperature 0.8 from 200
 * texts, by the unbiased estimator. Top-p 0.95 and the stop strings are those of Chen et al. A text passes when the tests
 * run after it in the sandbox without an exception, within 3 seconds (sandbox/python.ts says how they are counted).
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import { pythonGrader } from "../sandbox/program_grader.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

const single: Sampling = { temperature: 0.1, topP: 0.95, samples: 1, combine: "pass", k: 1 };

/** HumanEval. */
export const humaneval: Task = {
  ...task(single),
  variants: { "pass@100": task({ ...single, temperature: 0.8, samples: 200, k: 100 }) },
};

function task(sampling: Sampling): Task {
  return defineTask({
    name: "humaneval",
    kind: "generate",
    sampling,
    published: {
      files: [
        ...["HumanEval.jsonl", "data/HumanEval.jsonl"],
        ...[...splitFiles("test", "openai_humaneval"), ...splitFiles("test")],
      ],
      hub: "hf://openai/openai_humaneval",
    },
    items: (source: TaskSource) =>
      source.items((row) => {
        const solution = row.has("canonical_solution") ? row.string("canonical_solution") : ""; // only shown
        const [prompt, test, entryPoint] = [row.text("prompt"), row.text("test"), row.text("entry_point")];
        return { prompt, solution, test, entryPoint };
      }),
    prompt: "{prompt}",
    answer: ({ solution }) => solution,
    example: ({ prompt, solution }) => prompt + solution,
    grader: pythonGrader((
      text,
      { prompt, test, entryPoint },
    ) => [`${prompt}${text}`, test, `check(${entryPoint})`]),
    stop: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
    trim: false,
    maxTokens: 512,
  });
}

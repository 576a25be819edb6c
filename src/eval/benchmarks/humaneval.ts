/**
 * HumanEval (Chen et al. 2021): functions to be written from their signature and description. [paper table 8]
 *
 * Rows `{ task_id, prompt, canonical_solution, test, entry_point }`, 164 items. Zero-shot, the prompt as it is. pass@1 at
 * temperature 0.1, pass@100 (the variant) at 0.8 from 200 texts, by the unbiased estimator; top-p 0.95 and the stop
 * strings are those of Chen et al. A text passes when the tests run after it without an exception, within 3 seconds, in
 * the sandbox.
 *
 * @module
 */
import type { Sampling } from "../tasks/definition.ts";
import { defineTask } from "../define_task.ts";
import { splitFiles } from "../task_data/find_files.ts";
import { pythonGrader } from "../sandbox/program_grader.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

const once: Sampling = { temperature: 0.1, topP: 0.95, samples: 1, combine: "pass", k: 1 };

/** HumanEval. */
export const humaneval: Task = {
  ...task(once),
  variants: { "pass@100": task({ ...once, temperature: 0.8, samples: 200, k: 100 }) },
};

function task(sampling: Sampling): Task {
  return defineTask({
    name: "humaneval",
    kind: "generate",
    sampling,
    published: { files: ["HumanEval.jsonl", ...splitFiles("test")], hub: "hf://openai/openai_humaneval" },
    async *items(source: TaskSource) {
      for await (const row of source.rows()) {
        const [prompt, solution] = [row.text("prompt"), row.text("canonical_solution")];
        yield { prompt, solution, test: row.text("test"), entryPoint: row.text("entry_point") };
      }
    },
    prompt: "{prompt}",
    answer: ({ solution }) => solution,
    example: ({ prompt, solution }) => prompt + solution,
    grader: pythonGrader((text, { prompt, test, entryPoint }) =>
      `${prompt}${text}\n${test}\ncheck(${entryPoint})`
    ),
    stop: ["\nclass", "\ndef", "\n#", "\nif", "\nprint"],
    trim: false,
    maxTokens: 512,
  });
}

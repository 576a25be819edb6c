/**
 * MBPP: small Python functions to write from a sentence and three tests.
 *
 * Austin et al. 2021; the paper's table 8.
 *
 * Data: rows `{ task_id, text, code, test_list, test_setup_code }`, 974 tasks. Tasks 11 to 510 are asked; tasks 2, 3 and 4
 * are the examples.
 *
 * Protocol: 3-shot, in the form of Austin et al. pass@1 at temperature 0.1; the variant pass@80 at temperature 0.8 from
 * 200 texts. A text passes when its three tests hold in the sandbox, within 3 seconds.
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

/** MBPP. */
export const mbpp: Task = {
  ...task(single),
  variants: { "pass@80": task({ ...single, temperature: 0.8, samples: 200, k: 80 }) },
};

function task(sampling: Sampling): Task {
  return defineTask({
    name: "mbpp",
    kind: "generate",
    sampling,
    published: {
      files: ["mbpp.jsonl", ...splitFiles("test"), ...splitFiles("test", "full")],
      hub: "hf://google-research-datasets/mbpp",
      shots: ["mbpp.jsonl", ...splitFiles("prompt"), ...splitFiles("prompt", "full")],
    },
    async *items(source: TaskSource) {
      const [low, high] = source.role === "shots" ? [2, 4] : [11, 510];
      for await (const row of source.rows()) {
        const id = row.whole("task_id", 1, 974);
        if (id < low || id > high) continue;
        const tests = row.texts("test_list");
        const setup = row.value("test_setup_code");
        const text = row.text("text");
        const code = row.text("code").replaceAll("\r\n", "\n");
        yield { text, code, tests: tests.join("\n"), setup: typeof setup === "string" ? setup : "" };
      }
    },
    prompt: "You are an expert Python programmer, and here is your task: {text} " +
      "Your code should pass these tests:\n\n{tests}\n[BEGIN]\n",
    draw: "first",
    shots: 3,
    answer: ({ code }) => code,
    example: ({ text, code, tests }) =>
      `You are an expert Python programmer, and here is your task: ${text} ` +
      `Your code should pass these tests:\n\n${tests}\n[BEGIN]\n${code}\n[DONE]`,
    grader: pythonGrader((text, { tests, setup }) => `${text}\n${setup}\n${tests}`),
    stop: ["[DONE]"],
    trim: false,
    maxTokens: 512,
  });
}

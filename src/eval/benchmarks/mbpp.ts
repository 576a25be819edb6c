/**
 * MBPP: small Python functions to write from a sentence and three tests.
 *
 * Austin et al. 2021; the paper's table 8.
 *
 * Data: rows `{ task_id, text, code, test_list, test_setup_code }`, 974 tasks. Tasks 11 to 510 are asked; tasks 2, 3 and 4
 * are the examples. `sanitized-mbpp.json`, 427 tasks with edited texts in `prompt` and imports in `test_imports`, is read
 * when it is named; its 257 tasks from 11 to 510 are not the paper's set.
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
import type { TaskRow } from "../task_data/task_row.ts";
import type { TaskSource } from "../task_data/task_source.ts";
import type { Task } from "../tasks/task.ts";

/** Returns the code that runs before the tests. */
function setupOf(row: TaskRow): string {
  const imports = row.has("test_imports") ? row.list("test_imports") : [];
  return [...imports, row.has("test_setup_code") ? row.string("test_setup_code") : ""].join("\n").trim();
}

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
      files: [
        ...["mbpp.jsonl", ...splitFiles("test", "full"), ...splitFiles("test")],
        ...["sanitized-mbpp.json", ...splitFiles("test", "sanitized")],
      ],
      hub: "hf://google-research-datasets/mbpp",
      shots: [
        ...["mbpp.jsonl", ...splitFiles("prompt", "full"), ...splitFiles("prompt")],
        ...["sanitized-mbpp.json", ...splitFiles("prompt", "sanitized")],
      ],
    },
    items(source: TaskSource) {
      const [low, high] = source.role === "shots" ? [2, 4] : [11, 510];
      return source.items((row) => {
        const id = row.whole("task_id", 1, 974);
        if (id < low || id > high) return undefined;
        const tests = row.texts("test_list");
        const text = row.text(row.has("text") ? "text" : "prompt");
        const needed = source.role === "shots" || row.has("code");
        const code = needed ? row.string("code").replaceAll("\r\n", "\n") : "";
        return { text, code, tests: tests.join("\n"), setup: setupOf(row) };
      });
    },
    prompt: "You are an expert Python programmer, and here is your task: {text} " +
      "Your code should pass these tests:\n\n{tests}\n[BEGIN]\n",
    draw: "first",
    shots: 3,
    answer: ({ code }) => code,
    example: ({ text, code, tests }) =>
      `You are an expert Python programmer, and here is your task: ${text} ` +
      `Your code should pass these tests:\n\n${tests}\n[BEGIN]\n${code}\n[DONE]`,
    grader: pythonGrader((text, { tests, setup }) => [text, setup, tests]),
    stop: ["[DONE]"],
    trim: false,
    maxTokens: 512,
  });
}

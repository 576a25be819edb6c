// MBPP in its two published files: the whole one and the sanitized one, whose texts and imports have other names.
import assert from "node:assert/strict";
import { Evaluator } from "../../../src/eval/mod.ts";
import { jsonl, withFiles, writer } from "../fakes.ts";

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("enough")) };
}

const ids = [2, 3, 4, 11, 600];
const tests = ["assert root(4) == 2", "assert root(9) == 3", "assert math.isqrt(1) == 1"];
const code = "def root(n):\r\n    return math.isqrt(n)";
const whole = ids.map((task_id) => (
  {
    text: `Write task ${task_id}.`,
    code,
    task_id,
    test_setup_code: "import math",
    test_list: tests,
    challenge_test_list: [],
  }
));
const sanitized = ids.map((task_id) => (
  {
    source_file: "x.ipynb",
    task_id,
    prompt: `Write task ${task_id}.`,
    code,
    test_imports: ["import math"],
    test_list: tests,
  }
));

Deno.test("tasks 11 to 510 are asked after tasks 2, 3 and 4", async () => {
  const files = { "a/mbpp.jsonl": jsonl(whole), "b/sanitized-mbpp.json": JSON.stringify(sanitized) };
  await withFiles(files, async (folder) => {
    const block = (id: number) =>
      `You are an expert Python programmer, and here is your task: Write task ${id}. Your code should pass these tests:\n\n` +
      `${tests.join("\n")}\n[BEGIN]\n`;
    const example = (id: number) => `${block(id)}${code.replace("\r\n", "\n")}\n[DONE]\n\n`;
    const prompt = example(2) + example(3) + example(4) + block(11);
    for (const name of ["a", "b"]) {
      const { signal, abort } = abortable();
      const model = writer(() => (abort(), "")); // no program is run
      await assert.rejects(
        new Evaluator(model).add("mbpp", { data: `${folder}/${name}` }).run({ signal }),
        /enough/,
      );
      assert.deepEqual(model.prompts, [prompt], name);
    }
  });
});

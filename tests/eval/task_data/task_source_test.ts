// The files of HumanEval and MBPP, whose programs the tests of the sandbox run.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { benchmark } from "../../../src/eval/benchmarks/registry.ts";
import { TaskSource } from "../../../src/eval/mod.ts";
import { testData } from "../../support/test_data.ts";
import { jsonl, withFiles } from "../fakes.ts";

const python = {
  task_id: "HumanEval/0",
  prompt: "def right():\n",
  canonical_solution: "    pass\n",
  test: "t",
  entry_point: "right",
};

/** Returns the ids of the tasks that are found. */
async function ids(task: string, data: string | URL): Promise<unknown[]> {
  const found = [];
  for await (const row of new TaskSource(benchmark(task), data).rows()) found.push(row.value("task_id"));
  return found;
}

Deno.test("HumanEval's and MBPP's repositories, and their compressed files", () =>
  withFiles({
    "human-eval/data/HumanEval.jsonl": jsonl([python]),
    "human-eval/data/example_problem.jsonl": jsonl([python, python]),
    "google-research/mbpp/mbpp.jsonl": jsonl([{ task_id: 11 }]),
    "google-research/mbpp/sanitized-mbpp.json": JSON.stringify([{ task_id: 2 }, { task_id: 11 }]),
  }, async (folder) => {
    for (const start of ["", "/human-eval", "/human-eval/data", "/human-eval/data/HumanEval.jsonl"]) {
      assert.deepEqual(await ids("humaneval", folder + start), ["HumanEval/0"], start);
    }
    for (
      const start of ["", "/google-research", "/google-research/mbpp", "/google-research/mbpp/mbpp.jsonl"]
    ) {
      assert.deepEqual(await ids("mbpp", folder + start), [11], start);
    }
    assert.deepEqual(await ids("mbpp", `${folder}/google-research/mbpp/sanitized-mbpp.json`), [2, 11]);
    const plain = `${folder}/human-eval/data/HumanEval.jsonl`;
    await Deno.writeFile(`${plain}.gz`, gzipSync(await Deno.readFile(plain)));
    await Deno.remove(plain);
    for (const start of ["", "/human-eval", "/human-eval/data", "/human-eval/data/HumanEval.jsonl.gz"]) {
      assert.deepEqual(await ids("humaneval", folder + start), ["HumanEval/0"], start);
    }
  }));

const { folder: realFolder, present } = await testData("HumanEval.jsonl.gz", "mbpp.jsonl");

Deno.test(
  `the published files of HumanEval, 164 tasks, and of MBPP, 974${present.reason}`,
  present,
  async () => {
    const human = await ids("humaneval", realFolder);
    assert.deepEqual([human.length, new Set(human).size], [164, 164]);
    const mbpp = await ids("mbpp", realFolder);
    assert.equal(new Set(mbpp).size, 974);
    assert.equal(mbpp.filter((id) => Number(id) >= 11 && Number(id) <= 510).length, 500);
  },
);

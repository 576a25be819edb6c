// All canonical solutions of HumanEval and MBPP pass in file order, in reverse order and twice, and the speed is printed.
import assert from "node:assert/strict";
import { readText } from "../../src/formats/records/lines.ts";
import { testData } from "../support/test_data.ts";
import { PythonSandbox } from "../../src/eval/mod.ts";

const { path, present } = await testData("HumanEval.jsonl.gz", "mbpp.jsonl");

/** A program of a benchmark in parts. */
interface Program {
  id: string;
  parts: string[];
}

async function humaneval(): Promise<Program[]> {
  const rows = (await readText(path("HumanEval.jsonl.gz"))).trim().split("\n");
  return rows.map((row) => JSON.parse(row)).map((
    { task_id, prompt, canonical_solution, test, entry_point },
  ) => ({
    id: task_id,
    parts: [prompt + canonical_solution, test, `check(${entry_point})`],
  }));
}

async function mbpp(): Promise<Program[]> {
  const rows = (await Deno.readTextFile(path("mbpp.jsonl"))).trim().split("\n");
  return rows.map((row) => JSON.parse(row)).map(({ task_id, code, test_setup_code, test_list }) => ({
    id: `MBPP/${task_id}`,
    parts: [code.replaceAll("\r\n", "\n"), test_setup_code, test_list.join("\n")],
  }));
}

async function check(programs: readonly Program[]): Promise<void> {
  const sandbox = new PythonSandbox();
  const start = performance.now();
  await sandbox.run("pass");
  const ready = performance.now();
  const orders = {
    "file order": programs,
    "reverse order": programs.toReversed(),
    "again": programs.toReversed(),
  };
  for (const [name, order] of Object.entries(orders)) {
    const begin = performance.now();
    const failed: unknown[] = [];
    for (const { id, parts } of order) {
      const { passed, error } = await sandbox.run(parts);
      if (!passed) failed.push([id, error]);
    }
    assert.deepEqual(failed, [], name);
    const perSecond = 1000 * order.length / (performance.now() - begin);
    console.log(
      `${order.length} of ${order.length} in ${name}, ${perSecond.toFixed(1)} programs per second, warm`,
    );
  }
  console.log(`${((ready - start) / 1000).toFixed(1)} s until the first answer, cold`);
  await sandbox.close();
}

Deno.test(
  { name: `HumanEval: 164 canonical solutions pass${present.reason}`, ignore: present.ignore },
  async () => {
    const programs = await humaneval();
    assert.equal(programs.length, 164);
    await check(programs);
  },
);

Deno.test(
  { name: `MBPP: 974 canonical solutions pass${present.reason}`, ignore: present.ignore },
  async () => {
    const programs = await mbpp();
    assert.equal(programs.length, 974);
    await check(programs);
  },
);

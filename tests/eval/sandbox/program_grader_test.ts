// HumanEval and MBPP on files in their formats: canonical solutions pass, stubs fail, pass@k equals the hand count.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { type EvalModel, Evaluator, type GenerateOutcome } from "../../../src/eval/mod.ts";
import { jsonl, withFiles, writer } from "../fakes.ts";

const problems = [["add", "return x + y"], ["scale", "return x * y"], ["join", "return str(x) + str(y)"]];
const humaneval = problems.map(([name, body], i) => ({
  task_id: `HumanEval/${i}`,
  prompt: `def ${name}(x, y):\n    """Give ${name} of x and y."""\n`,
  canonical_solution: `    ${body}\n`,
  test: `def check(candidate):\n    assert candidate(2, 3) == ${["5", "6", "'23'"][i]}\n`,
  entry_point: name,
}));
const mbpp = [2, 3, 4, 11, 12, 511].map((task_id) => ({
  task_id,
  text: `Write a function f${task_id} that adds ${task_id}.`,
  code: `def f${task_id}(x):\r\n    return add(x, ${task_id})`,
  test_list: [1, 2, 3].map((x) => `assert f${task_id}(${x}) == ${x + task_id}`),
  test_setup_code: "def add(a, b): return a + b",
  challenge_test_list: [],
}));

/** Writes the solutions of the files, each followed by more text, as a model might. */
const solve = (prompt: string | Uint32Array) => {
  const last = String(prompt).split("[BEGIN]").at(-2) ?? "";
  const wanted = /function (f\d+) that/.exec(last.split("[DONE]").at(-1)!)?.[1];
  if (wanted) return `${mbpp.find(({ code }) => code.includes(`${wanted}(`))!.code}\n[DONE]\nMore`;
  const found = humaneval.find((problem) => prompt === problem.prompt)!;
  return `${found.canonical_solution}\n\ndef more():\n    pass`;
};
const solver = writer(solve);
const stub = writer(() => "    pass\n");

async function run(model: EvalModel, task: string, options = {}): Promise<GenerateOutcome[]> {
  let items: GenerateOutcome[] = [];
  await withFiles({ "HumanEval.jsonl": jsonl(humaneval), "mbpp.jsonl": jsonl(mbpp) }, async (data) => {
    const report = await new Evaluator(model).add(task, { data, ...options }).run();
    items = report.results[0].items as GenerateOutcome[];
    const values = items.map(({ value }) => value!);
    assert.equal(report.results[0].measures[0].metric, "pass@1");
    assert.equal(report.value(task), values.reduce((a, b) => a + b, 0) / values.length);
  });
  return items;
}

Deno.test("HumanEval: canonical solutions pass, stubs fail, samples give pass@1", async () => {
  const right = await run(solver, "humaneval");
  assert.deepEqual(right.map(({ value }) => value), [1, 1, 1]);
  assert.equal(right[0].text, "    return x + y\n\n", "indented, and cut before the next function");
  assert.deepEqual((await run(stub, "humaneval")).map(({ value }) => value), [0, 0, 0]);
  let n = 0;
  const mixed = writer((prompt) =>
    n++ % 4 === 0 ? "    return x + y\n" : stub.generate!(prompt) && "    pass\n"
  );
  const some = await run(mixed, "humaneval", { samples: 4 });
  assert.deepEqual(some.map(({ value }) => value), [1 / 4, 0, 0]); // one of four texts adds, which is right for the first problem
  assert.deepEqual(some[0].samples!.map(({ value }) => value), [1, 0, 0, 0]);
});

Deno.test("a problem without a solution of its own is asked, since the tests grade", async () => {
  const files = {
    "HumanEval.jsonl": jsonl([{ ...humaneval[0], canonical_solution: "" }, {
      ...humaneval[0],
      canonical_solution: undefined,
    }]),
    "mbpp.jsonl": jsonl(mbpp.map((row) => row.task_id === 12 ? { ...row, code: undefined } : row)),
  };
  await withFiles(files, async (data) => {
    for (const task of ["humaneval", "mbpp"]) {
      const [{ items, protocol }] = (await new Evaluator(stub).add(task, { data }).run()).results;
      assert.deepEqual([items.length, protocol.unusable], [2, 0]);
    }
  });
});

Deno.test("a text is not the main module, as in the published harness: its script does not run", async () => {
  const script = '\nif __name__ == "__main__":\n    print(f(int(input())))\n[DONE]';
  const model = writer((prompt) => solve(prompt).split("[DONE]")[0] + script);
  assert.deepEqual((await run(model, "mbpp")).map(({ value }) => value), [1, 1]);
});

Deno.test("MBPP: tasks 2 to 4 are shown, 11 to 510 are asked", async () => {
  const right = await run(solver, "mbpp");
  assert.deepEqual(right.map(({ value }) => value), [1, 1]);
  const prompt = right[0].prompt;
  assert.ok(prompt.startsWith(
    "You are an expert Python programmer, and here is your task: Write a function f2 that adds 2. Your code should " +
      "pass these tests:\n\nassert f2(1) == 3\nassert f2(2) == 4\nassert f2(3) == 5\n[BEGIN]\ndef f2(x):\n    " +
      "return add(x, 2)\n[DONE]\n\nYou are an expert",
  ));
  assert.ok(prompt.endsWith("assert f11(1) == 12\nassert f11(2) == 13\nassert f11(3) == 14\n[BEGIN]\n"));
  assert.deepEqual((await run(stub, "mbpp")).map(({ value }) => value), [0, 0]);
});

Deno.test("sanitized-mbpp.json: its prompt, imports and tests are read; a text that lacks a package is counted", async () => {
  const rows = [2, 3, 4, 11, 12, 602].map((task_id) => ({
    source_file: "Benchmark Questions Verification V2.ipynb",
    task_id,
    prompt: `Write a function f${task_id} for a square root.`,
    code: `import math\ndef f${task_id}(x):\n    return math.sqrt(x)`,
    test_imports: ["import math"],
    test_list: [`assert math.isclose(f${task_id}(4), 2)`, `assert f${task_id}(9) == 3`],
  }));
  const solver = writer((prompt) => {
    const name = /function (f\d+) for/.exec(String(prompt).split("[DONE]").at(-1)!)![1];
    return name === "f11"
      ? `def f11(x):\n    return x ** 0.5\n[DONE]`
      : "from numpy import sqrt as f12\n[DONE]";
  });
  await withFiles({ "sanitized-mbpp.json": JSON.stringify(rows) }, async (data) => {
    for (const path of [data, `${data}/sanitized-mbpp.json`]) {
      const [result] = (await new Evaluator(solver).add("mbpp", { data: path }).run()).results;
      const items = result.items as GenerateOutcome[];
      assert.deepEqual(items.map(({ value }) => value), [1, 0]);
      assert.match(items[0].prompt, /function f2 for a square root\. Your code .*function f11 for/s);
      assert.deepEqual(result.protocol.notes, [
        "1 need numpy, which the sandbox does not have, and count as wrong",
      ]);
    }
  });
});

Deno.test("right programs against shuffled tests pass at chance: 24 problems of 3 kinds", async () => {
  const count = 24;
  const bodies = ["return x + 1", "return 2 * x", "return x - 1"];
  const results = ["6", "10", "4"];
  const kinds = Array.from({ length: count }, (_, i) => i % 3);
  const shuffled = new Random(4).shuffle([...kinds]);
  const agreed = kinds.filter((kind, i) => kind === shuffled[i]).length / count;
  assert.ok(Math.abs(agreed - 1 / 3) <= 3 * Math.sqrt(2 / 9 / count));
  const rows = (kinds: readonly number[]) => ({
    "HumanEval.jsonl": jsonl(kinds.map((kind, i) => ({
      task_id: `HumanEval/${i}`,
      prompt: `def f(x):\n    """Number q${i}x."""\n`,
      canonical_solution: `    ${bodies[kind]}\n`,
      test: `def check(candidate):\n    assert candidate(5) == ${results[kind]}\n`,
      entry_point: "f",
    }))),
    "mbpp.jsonl": jsonl([2, 3, 4, ...kinds.map((_, i) => 11 + i)].map((task_id, i) => ({
      task_id,
      text: `Write the function f number q${i - 3}x.`,
      code: `def f(x):\n    ${bodies[kinds[i - 3] ?? 0]}`,
      test_list: [`assert f(5) == ${results[kinds[i - 3] ?? 0]}`],
    }))),
  });
  const knows = writer((prompt) => {
    const [, i] = [...String(prompt).matchAll(/q(-?\d+)x/g)].at(-1)!;
    const body = `    ${bodies[kinds[Number(i)]]}\n`;
    return String(prompt).endsWith("[BEGIN]\n") ? `def f(x):\n${body}[DONE]` : body;
  });
  await withFiles(rows(shuffled), async (data) => {
    const report = await new Evaluator(knows).add("humaneval", { data }).add("mbpp", { data }).run();
    assert.deepEqual(["humaneval", "mbpp"].map((task) => report.value(task)), [agreed, agreed]);
  });
});

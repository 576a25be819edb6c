// The functions of the made-up HumanEval and MBPP files pass their published tests in the sandbox, and no others do.
import assert from "node:assert/strict";
import { Dataset } from "@llamero/sdk";
import { makeBenchmarks } from "../../examples/paper/benchmarks.ts";
import { type EvalModel, Evaluator } from "../../src/eval/mod.ts";
import { inFolder } from "../support/folder.ts";

/** Returns the solutions by the text that asks for them. */
async function solutionsIn(folder: string): Promise<Map<string, string>> {
  const solutions = new Map<string, string>();
  const add = async (path: string, asked: string, solution: string) => {
    for await (const row of Dataset.jsonl(path)) {
      const { [asked]: text, [solution]: code } = row as Record<string, string>;
      solutions.set(text, code);
    }
  };
  await add(`${folder}/humaneval/data/HumanEval.jsonl`, "prompt", "canonical_solution");
  await add(`${folder}/mbpp/mbpp.jsonl`, "text", "code");
  return solutions;
}

for (const right of [true, false]) {
  Deno.test(`a model that writes ${right ? "the published" : "other"} functions passes ${right ? "all" : "none"}`, () =>
    inFolder(async (folder) => {
      await makeBenchmarks(folder, { small: true });
      const solutions = await solutionsIn(folder);
      const write = (prompt: string) => {
        const asked = /.*your task: (.*?) Your code/s.exec(prompt)?.[1] ?? prompt;
        return right ? solutions.get(asked)! : solutions.get(asked)!.replace("return", "return 'other' or");
      };
      const model: EvalModel = {
        name: "fake",
        generate: (prompt) => ({ text: () => Promise.resolve(write(String(prompt))) }),
      };
      const plan = new Evaluator(model, { cache: false })
        .add("humaneval", { data: `${folder}/humaneval` })
        .add("mbpp", { data: `${folder}/mbpp` });
      for (const { task, measures, protocol } of (await plan.run()).results) {
        assert.equal(measures[0].value, right ? 1 : 0, task);
        assert.equal(protocol.unusable, 0, task);
      }
    }));
}

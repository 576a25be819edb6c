// Runs examples/evaluate.ts as a user does: a saved model, folders of data in the published formats, a report.
import assert from "node:assert/strict";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { fixture } from "../eval/benchmarks/fixtures.ts";
import { withFiles } from "../eval/fakes.ts";
import { runDeno } from "../repo/tree.ts";
import { testDevice } from "../support/device.ts";

const tasks = ["piqa", "boolq", "gsm8k"];

Deno.test("examples/evaluate.ts scores a saved model and writes the report", () => {
  const files = Object.fromEntries(
    tasks.flatMap((task) =>
      Object.entries(fixture(task, 6).files).map(([name, text]) => [`${task}/${name}`, text])
    ),
  );
  return withFiles(files, async (folder) => {
    const tokenizer = await Tokenizer.train([Object.values(files).join("\n")], { vocabSize: 320 });
    const shape = { dim: 24, layers: 1, heads: 2, hidden: 40 };
    {
      using model = await Model.create(shape, { tokenizer, context: 96, device: await testDevice() });
      await model.save(`${folder}/model`);
    }
    const run = async (...more: string[]) => {
      const flags = ["--model", `${folder}/model`, "--data", folder, "--tasks", tasks.join(","), ...more];
      const env = { LLAMERO_HOME: `${folder}/home` };
      return await runDeno(["run", "-A", "examples/evaluate.ts", ...flags], { env });
    };
    const first = await run("--limit", "5", "--shots", "0", "--out", `${folder}/report.json`);
    assert.equal(first.code, 0, first.stderr);
    for (const task of tasks) assert.match(first.stdout, new RegExp(`${task}.*± `));
    assert.match(first.stdout, /LLaMA 7B/, "the paper's numbers are shown");
    const read = async (name: string) => JSON.parse(await Deno.readTextFile(`${folder}/${name}`)).results;
    const results = await read("report.json");
    assert.deepEqual(
      results.map((result: { task: string; items: unknown[] }) => [result.task, result.items.length]),
      tasks.map((task) => [task, 5]),
    );
    const again = await run("--limit", "5", "--shots", "0", "--out", `${folder}/again.json`);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await read("again.json"), results);
    const wrong = await run("--limits", "5");
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr + wrong.stdout, /did you mean.*limit/);
  });
});

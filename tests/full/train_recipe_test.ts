// examples/run.ts trains two recipes one after another, each to the same bits as its trainer.
import assert from "node:assert/strict";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { runDeno } from "../repo/tree.ts";
import { assertSameWeights, quiet, tinyModel } from "../train/support.ts";
import { inFolder } from "../support/folder.ts";

Deno.test("examples/run.ts trains recipes one after another, to the same bits as their trainers", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel({ vocabSize: 330, context: 40 });
    const text = Dataset.sample("moby-dick").take(2);
    model.tokenizer = await Tokenizer.train(text, { vocabSize: 330 });
    await model.save(`${folder}/start`);
    const chain = (name: string) =>
      quiet(model, { checkpoint: `${folder}/${name}` })
        .pretrain(text, { steps: 4, batchTokens: 160, learningRate: 2e-3 }).evaluate({
          run: () => Promise.resolve(1),
        });
    const files = ["one", "two"].map((name) => `${folder}/${name}.json`);
    for (const [i, name] of ["one", "two"].entries()) {
      await Deno.writeTextFile(files[i], JSON.stringify(chain(name)));
    }
    const { code, stdout, stderr } = await runDeno([
      ...["run", "-A", "examples/run.ts", "--recipe", files.join(","), "--model", `${folder}/start`],
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/: done, .*step-000004$/gm)?.length, 2, stdout);
    await chain("three").run({ display: false });
    for (const name of ["one", "two"]) {
      using trained = await Model.load(`${folder}/${name}/pretrain`, { device: model.device });
      await assertSameWeights(trained, model);
    }
  });
});

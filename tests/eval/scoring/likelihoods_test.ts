// Items in the formats of PIQA, HellaSwag and MMLU on a saved model: the likelihoods are those that PyTorch computes.
// The test needs Python with torch and transformers, and is listed as ignored without them.
import assert from "node:assert/strict";
import { type ChoiceOutcome, Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";
import { oracle, pythonHas } from "../../support/python.ts";
import { fixture } from "../benchmarks/fixtures.ts";
import { withFiles } from "../fakes.ts";

const there = await pythonHas("torch", "transformers");

Deno.test({
  name: `scores of a saved model are those of PyTorch${there.reason}`,
  ignore: there.ignore,
  fn: () => {
    const files = {
      ...fixture("piqa", 6).files,
      ...fixture("hellaswag", 6).files,
      ...fixture("mmlu", 4).files,
    };
    return withFiles(files, async (data) => {
      const tokenizer = await Tokenizer.train([Object.values(files).join("\n")], { vocabSize: 330 });
      const shape = { dim: 48, layers: 2, heads: 6, kvHeads: 3, hidden: 88, context: 640 };
      using model = await Model.create(shape, { tokenizer, device: await testDevice() });
      const sharp = [...await model.parameters()].map(([name, data]) =>
        [name, data.map((x) => name.includes("norm") ? x : 6 * x)] as const
      );
      model.setParameters(new Map(sharp)); // far from uniform, so that an error shows
      await model.save(`${data}/model`);
      const report = await new Evaluator(model, { cache: false }).add("piqa", { data }).add("hellaswag", {
        data,
      })
        .add("mmlu", { data }).run();
      const ours = report.results.flatMap(({ items }) =>
        (items as ChoiceOutcome[]).flatMap(({ prompt, options }) =>
          options.map(({ text, logProb }) => ({ pair: [prompt, ` ${text}`], logProb }))
        )
      );
      assert.equal(ours.length, 6 * 2 + 6 * 4 + 4 * 4);
      const script = new URL("likelihood_oracle.py", import.meta.url);
      const theirs = await oracle<number[]>(script, [`${data}/model`], ours.map(({ pair }) => pair));
      let largest = 0;
      ours.forEach(({ logProb }, i) => largest = Math.max(largest, Math.abs(logProb - theirs[i])));
      console.log(
        `largest difference to PyTorch: ${largest.toExponential(1)} over ${ours.length} likelihoods`,
      );
      assert.ok(largest <= 1e-4, `largest difference ${largest}`);
      assert.ok(
        Math.min(...theirs) < -10 && new Set(theirs.map((x) => x.toFixed(3))).size > 40,
        "the likelihoods differ",
      );
    });
  },
});

// A saved folder in Hugging Face transformers: the same logits, the same ids, the same chat. Ignored unless Python has
// torch and transformers.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { oracle, python, pythonHas } from "../../support/python.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { maxError } from "../../support/golden.ts";
import { mobyDick as moby } from "../../support/moby_dick.ts";

const there = await pythonHas("torch", "transformers");

Deno.test({
  name: `a saved folder gives the same logits and ids in transformers${there.reason}`,
  ignore: there.ignore,
  async fn() {
    const tokenizer = (await Tokenizer.train([moby.slice(0, 200_000)], { vocabSize: 600 })).withTemplate(
      "plain",
    );
    const ropeScaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 };
    const sizes = { dim: 48, layers: 3, heads: 6, kvHeads: 2, hidden: 88 };
    const shape = { ...sizes, ropeTheta: 500, normEps: 1e-5, ropeScaling };
    using model = await Model.create(shape, { tokenizer, context: 64, device: await testDevice() });
    const scaled = new Map(
      [...await model.parameters()].map(([name, data]) => [
        name,
        data.map((x) => name.includes("norm") ? x : 8 * x),
      ]),
    );
    model.setParameters(scaled); // logits far from uniform, so that a mistake shows
    await inFolder(async (folder) => {
      await model.save(folder, { shardBytes: 40_000 });
      const texts = ["Call me Ishmael.", "  two  spaces 1234 ", "灌木 été\n\ttab", "", "a <b> & c", "x"];
      const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 600);
      const messages = [{ role: "user", content: "Who are you?" }, {
        role: "assistant",
        content: "A llama.",
      }] as const;
      const script = new URL("transformers_oracle.py", import.meta.url);
      const theirs = await oracle<{ logits: number[]; encoded: number[][]; chat: number[] }>(
        script,
        [folder],
        { ids, texts, messages },
      );
      const difference = maxError(await model.logits(ids), Float32Array.from(theirs.logits));
      assert.ok(difference <= 1e-4, `logits differ by ${difference} of the largest`);
      texts.forEach((t, i) =>
        assert.deepEqual([...tokenizer.encode(t, { bos: true })], theirs.encoded[i], JSON.stringify(t))
      );
      assert.deepEqual([...tokenizer.chat(messages).ids], theirs.chat);
    });
  },
});

Deno.test({
  name: `a folder of other parts than the paper's is refused by transformers${there.reason}`,
  ignore: there.ignore,
  async fn() {
    const shape = { dim: 16, layers: 1, heads: 2, vocabSize: 40, context: 8 };
    using model = await Model.create(shape, { parts: { norm: "layer" }, device: await testDevice() });
    await inFolder(async (folder) => {
      await model.save(folder, { format: "llamero" });
      const script = `from transformers import AutoModelForCausalLM as M; M.from_pretrained("${folder}")`;
      const { code, error } = await python(["-c", script]);
      assert.notEqual(code, 0);
      assert.match(error, /model type .?llamero/);
    });
  },
});

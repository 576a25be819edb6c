// GGUF files keep what ends a text, the sampling settings and the rotation, also on the way to a Hugging Face folder.
import assert from "node:assert/strict";
import { Model, type ModelShape } from "../../../../src/model/mod.ts";
import { Tokenizer } from "../../../../src/tokenizer/mod.ts";
import type { WrittenValue } from "../../../../src/formats/gguf/writer.ts";
import { writeChanged } from "../../../reference/gguf_field_changes.ts";
import { inFolder } from "../../../support/folder.ts";
import { testDevice } from "../../../support/device.ts";

const shape = { dim: 32, layers: 1, heads: 2, hidden: 24, vocabSize: 300, ropeTheta: 500 };
const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 300);
const text = "the llama hums on every hill while wind carries grass, 1234 ";

Deno.test("eos, eot and eom end a text, and survive saves as GGUF and as a Hugging Face folder", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const special = ["<|im_start|>", "<|im_end|>"];
    const trained = await Tokenizer.train([text.repeat(20)], { vocabSize: 290, special });
    const tokenizer = trained.withTemplate("chatml").withEosIds([77, 295]);
    using model = await Model.create(shape, { tokenizer, context: 64, device });
    const wanted = [...tokenizer.stopIds].sort((a, b) => a - b);
    assert.deepEqual(wanted, [2, 77, 289, 295]);
    await model.save(`${folder}/a.gguf`);
    using gguf = await Model.load(`${folder}/a.gguf`, { device });
    const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
    assert.deepEqual(sorted(gguf.tokenizer!.eosIds), wanted);
    await gguf.save(`${folder}/hf`);
    const saved = JSON.parse(await Deno.readTextFile(`${folder}/hf/generation_config.json`));
    assert.deepEqual(sorted(saved.eos_token_id), wanted);
    using hf = await Model.load(`${folder}/hf`, { device });
    assert.deepEqual(sorted(hf.tokenizer!.eosIds), wanted);
    await hf.save(`${folder}/b.gguf`);
    using again = await Model.load(`${folder}/b.gguf`, { device });
    assert.deepEqual(sorted(again.tokenizer!.eosIds), wanted);
    for (const end of wanted) {
      using ending = await Model.load(`${folder}/b.gguf`, { device });
      const weights = new Map([...await ending.parameters()].map(([name, data]) => [name, data.slice()]));
      // Every hidden state points along the first axis, where only one row of the output matrix has a weight.
      weights.get("model.embed_tokens.weight")!.forEach((_, i, all) => all[i] = i % 32 === 0 ? 1 : 0);
      weights.get("lm_head.weight")!.forEach((_, i, all) => all[i] = i === 32 * end ? 9 : 0);
      for (const [name, data] of weights) if (/_proj/.test(name)) data.fill(0);
      ending.setParameters(weights);
      const generation = ending.generate(Uint32Array.from([5]), { temperature: 0, maxTokens: 4 });
      assert.deepEqual(
        [...await generation.ids()],
        end < tokenizer.vocabSize ? [] : [0, 0, 0, 0],
        String(end),
      );
    }
  }));

Deno.test("a model without a tokenizer keeps its ids, and every model its sampling settings", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create(shape, { context: 64, device });
    await model.save(`${folder}/hf`);
    const file = `${folder}/hf/generation_config.json`;
    const settings = {
      ...{ bos_token_id: 7, eos_token_id: [9, 11], do_sample: true, temperature: 0.5, top_k: 20 },
      ...{ top_p: 0.75, min_p: 0.125, repetition_penalty: 1.5 },
    };
    await Deno.writeTextFile(file, JSON.stringify(settings));
    using read = await Model.load(`${folder}/hf`, { device });
    await read.save(`${folder}/a.gguf`);
    using gguf = await Model.load(`${folder}/a.gguf`, { device });
    assert.equal(gguf.tokenizer, undefined);
    await gguf.save(`${folder}/again`);
    const saved = JSON.parse(await Deno.readTextFile(`${folder}/again/generation_config.json`));
    const { do_sample: _, ...kept } = settings;
    assert.deepEqual(saved, { ...kept, eos_token_id: [2, 9, 11] }); // config.json names 2
  }));

Deno.test("settings of a GGUF file that are not computed are refused when a text is generated", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const settings: [string, WrittenValue][] = [
      ["general.sampling.mirostat", { type: "u32", value: 2 }],
      ["general.sampling.xtc_probability", { type: "f32", value: 0.5 }],
      ["tokenizer.ggml.suppress_tokens", { type: "i32", value: [4] }],
    ];
    for (const [name, value] of settings) {
      await writeChanged(`${folder}/a.gguf`, { [name]: value });
      using model = await Model.load(`${folder}/a.gguf`, { device });
      const pattern = new RegExp(name.replace(/.*\./, ""));
      await assert.rejects(async () => await model.generate("the", { maxTokens: 2 }).ids(), pattern);
    }
    await writeChanged(`${folder}/a.gguf`, { "general.sampling.temp": { type: "f32", value: -1 } });
    await assert.rejects(Model.load(`${folder}/a.gguf`, { device }), /general\.sampling \(temperature\)/);
    await writeChanged(`${folder}/a.gguf`, { "general.sampling.temp": { type: "f32", value: 0 } });
    using model = await Model.load(`${folder}/a.gguf`, { device });
    const ids = async (options = {}) => [...await model.generate("the", { maxTokens: 5, ...options }).ids()];
    assert.deepEqual(await ids(), await ids({ temperature: 0 }));
  }));

const yarn = { type: "yarn", factor: 4, originalContext: 16 } as const;
const rotations: ModelShape["ropeScaling"][] = [
  { type: "linear", factor: 2.5 },
  { type: "dynamic", factor: 2, originalContext: 64 },
  { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 },
  { type: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 },
  yarn,
  { ...yarn, attentionFactor: 1.25 },
  { ...yarn, betaFast: 4, betaSlow: 0.5 },
  { ...yarn, betaFast: 4, truncate: false, attentionFactor: 1.5 },
];

for (const ropeScaling of rotations) {
  Deno.test(`the rotation ${JSON.stringify(ropeScaling)} is read as it was written`, () =>
    inFolder(async (folder) => {
      const device = await testDevice();
      using model = await Model.create({ ...shape, ropeScaling }, { context: 64, device });
      await model.save(`${folder}/a.gguf`);
      using gguf = await Model.load(`${folder}/a.gguf`, { device });
      const before = await model.logits(ids);
      const after = await gguf.logits(ids);
      const worst = before.reduce((most, x, i) => Math.max(most, Math.abs(x - after[i])), 0);
      assert.ok(worst < 1e-6, `logits differ by ${worst}`);
    }));
}

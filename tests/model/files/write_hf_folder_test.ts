// A save leaves nothing of an earlier owner of the folder that a reader would prefer to what was written.
import assert from "node:assert/strict";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { byteTokenizer } from "../../support/byte_tokenizer.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { oracle, pythonHas } from "../../support/python.ts";

const shape = { dim: 32, layers: 2, heads: 2, hidden: 48 };
const there = await pythonHas("torch", "transformers");
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Files that an earlier owner may have left. */
const EARLIER: Readonly<Record<string, string>> = {
  "chat_template.jinja": "EARLIER {{ messages[0]['content'] }}",
  "chat_template.json": '{"chat_template": "EARLIER"}',
  "additional_chat_templates/tool_use.jinja": "EARLIER",
  "special_tokens_map.json": '{"eos_token": "<unk>", "bos_token": "<unk>"}',
  "added_tokens.json": '{"<earlier>": 5}',
  "tokenizer.model": "earlier",
  "vocab.json": "{}",
  "merges.txt": "",
  "generation_config.json": '{"eos_token_id": 5, "temperature": 0.1}',
  "model.safetensors.index.json": '{"weight_map": {"a": "model-00001-of-00002.safetensors"}}',
  "model-00001-of-00002.safetensors": "earlier",
  "pytorch_model.bin": "earlier",
  "pytorch_model-00001-of-00002.bin": "earlier",
  "pytorch_model.bin.index.json": '{"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}}',
  "adapter_config.json": '{"peft_type": "LORA", "base_model_name_or_path": "earlier"}',
  "adapter_model.safetensors": "earlier",
  "adapter_model.bin": "earlier",
};
const KEPT = { "notes.txt": "of a person", "training_args.bin": "kept", "figure.safetensors.png": "kept" };

async function leaveBehind(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/additional_chat_templates`, { recursive: true });
  for (const [name, text] of Object.entries({ ...EARLIER, ...KEPT })) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

const WRITTEN = ["README.md", "config.json", "generation_config.json", "model.safetensors"];

Deno.test("a save removes what outranks it and keeps what does not", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const tokenizer = byteTokenizer(["<eos>"], { eos_token: "<eos>" }).withTemplate(
      "{{ messages[0]['content'] }}<eos>",
    );
    using model = await Model.create(shape, { tokenizer, context: 32, device });
    await leaveBehind(folder);
    await model.save(folder);
    const kept = Object.keys(KEPT);
    const own = [...WRITTEN, "tokenizer.json", "tokenizer_config.json"];
    const extra = namesIn(folder).filter((name) => ![...own, ...kept].includes(name));
    assert.deepEqual(extra.filter((name) => name !== "chat_template.jinja"), []);
    for (const name of [...own, ...kept]) assert.ok(namesIn(folder).includes(name), name);
    const generation = JSON.parse(await Deno.readTextFile(`${folder}/generation_config.json`));
    assert.deepEqual([generation.eos_token_id, generation.temperature], [256, 0.8]);
    using loaded = await Model.load(folder, { device });
    assert.equal(loaded.tokenizer!.chatTemplate, tokenizer.chatTemplate);
    assert.deepEqual([...loaded.tokenizer!.eosIds], [256]);
    assert.deepEqual(await loaded.parameters(), await model.parameters());
    await model.save(folder, { shardBytes: 20_000 });
    assert.ok(!namesIn(folder).includes("model.safetensors"), "one file would outrank the shards");
    using sharded = await Model.load(folder, { device });
    assert.deepEqual(await sharded.parameters(), await model.parameters());
  }));

Deno.test("a model without a tokenizer leaves no tokenizer of an earlier one behind", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const tokenizer = await Tokenizer.train(["the llama hums ".repeat(50)], { vocabSize: 280 });
    using earlier = await Model.create(shape, { tokenizer, context: 32, device });
    await earlier.save(folder);
    await leaveBehind(folder);
    using model = await Model.create({ ...shape, vocabSize: 300 }, { context: 32, device });
    await model.save(folder);
    assert.deepEqual(namesIn(folder), [...WRITTEN, ...Object.keys(KEPT)].sort());
    using loaded = await Model.load(folder, { device });
    assert.equal(loaded.tokenizer, undefined);
  }));

Deno.test({
  name: `transformers reads a save over an earlier owner's files as it was meant${there.reason}`,
  ignore: there.ignore,
  fn: () =>
    inFolder(async (folder) => {
      const device = await testDevice();
      const trained = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
      const tokenizer = trained.withTemplate("plain");
      using model = await Model.create(shape, { tokenizer, context: 64, device });
      await leaveBehind(folder);
      await model.save(folder);
      const ids = Array.from({ length: 20 }, (_, i) => (i * 37 + 11) % 280);
      const messages = [{ role: "user", content: "the llama" }, {
        role: "assistant",
        content: "hums",
      }] as const;
      const script = new URL("transformers_oracle.py", import.meta.url);
      const theirs = await oracle<{ logits: number[]; encoded: number[][]; chat: number[] }>(
        script,
        [folder],
        {
          ids,
          texts: ["the hill"],
          messages,
        },
      );
      const ours = await model.logits(ids);
      const error = Math.max(...theirs.logits.map((x, i) => Math.abs(x - ours[i])));
      assert.ok(error < 1e-5, `logits differ by ${error}`);
      assert.deepEqual(theirs.encoded[0], [...tokenizer.encode("the hill", { bos: true })]);
      assert.deepEqual(theirs.chat, [...tokenizer.chat(messages).ids]);
    }),
});

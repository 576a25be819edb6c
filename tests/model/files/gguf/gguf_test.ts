// GGUF files: weights, shape, tokenizer and chat template come back; models that are not LLaMAs are refused.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../../src/base/errors.ts";
import type { WrittenValue } from "../../../../src/formats/gguf/writer.ts";
import { openGguf } from "../../../../src/formats/gguf/reader.ts";
import { writeGguf } from "../../../../src/formats/gguf/writer.ts";
import { Model } from "../../../../src/model/mod.ts";
import { tokenizerFromGguf } from "../../../../src/model/files/gguf/gguf_tokenizer.ts";
import { Tokenizer } from "../../../../src/tokenizer/mod.ts";
import { inFolder } from "../../../support/folder.ts";
import { testDevice } from "../../../support/device.ts";
import { l2Error } from "../../../support/golden.ts";

const ropeScaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 };
const sizes = {
  dim: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 80,
  vocabSize: 300,
  ropeTheta: 500,
  normEps: 1e-5,
};
const text = "the llama hums on every hill while wind carries grass, 1234 灌木 ";
const ids = Array.from({ length: 30 }, (_, i) => (i * 37 + 11) % 300);

Deno.test("a GGUF file holds the model, its tokenizer and its chat template", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const tokenizer =
      (await Tokenizer.train([text.repeat(20)], { vocabSize: 290, special: ["<|im_start|>", "<|im_end|>"] }))
        .withTemplate("chatml");
    for (
      const [dtype, tieEmbeddings, maxError] of [["f32", true, 0], ["f16", false, 4e-4], [
        "q8_0",
        false,
        7e-3,
      ]] as const
    ) {
      const shape = { ...sizes, tieEmbeddings, ...(tieEmbeddings && { ropeScaling }) };
      using model = await Model.create(shape, { tokenizer, context: 64, device });
      const path = `${folder}/${dtype}.gguf`;
      await model.save(path, { dtype });
      using loaded = await Model.load(path, { device });
      assert.deepEqual(loaded.config, model.config);
      const before = await model.parameters();
      for (const [name, data] of await loaded.parameters()) {
        const error = l2Error(data, before.get(name)!);
        assert.ok(error <= (data.length === 64 ? 0 : maxError), `${dtype} ${name} ${error}`);
      }
      assert.ok(l2Error(await loaded.logits(ids), await model.logits(ids)) <= 4 * maxError, dtype);
      assert.equal(loaded.tokenizer!.template, "chatml");
      assert.equal(loaded.tokenizer!.fingerprint, tokenizer.fingerprint);
      const turns = [{ role: "user", content: "hi <|im_end|>" }] as const;
      assert.deepEqual(loaded.tokenizer!.chat(turns).ids, tokenizer.chat(turns).ids);
    }
  }));

Deno.test("in a folder the file is model.gguf, and a model without a tokenizer writes none", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create({ ...sizes, vocabSize: 61 }, { context: 64, device });
    await model.save(`${folder}/deep/out`, { format: "gguf" });
    assert.deepEqual([...Deno.readDirSync(`${folder}/deep/out`)].map(({ name }) => name), ["model.gguf"]);
    using loaded = await Model.load(`${folder}/deep/out`, { device });
    assert.equal(loaded.tokenizer, undefined);
    assert.deepEqual(await loaded.parameters(), await model.parameters());
    await assert.rejects(model.save(folder, { dtype: "q8_0" }), ConfigError);
  }));

Deno.test("a GGUF file of another model is refused with the reason", () =>
  inFolder(async (folder) => {
    const numbers: Record<string, number> = {
      "llama.block_count": 1,
      "llama.context_length": 8,
      "llama.embedding_length": 4,
      "llama.feed_forward_length": 8,
      "llama.attention.head_count": 2,
      "llama.attention.layer_norm_rms_epsilon": 1,
    };
    const base = Object.entries(numbers).map((
      [name, value],
    ): [string, WrittenValue] => [name, { type: "u32", value }]);
    const refused = async (change: Record<string, WrittenValue>, message: RegExp) => {
      const architecture: [string, WrittenValue] = ["general.architecture", {
        type: "string",
        value: "llama",
      }];
      const values = new Map([architecture, ...base, ...Object.entries(change)]);
      const table = { name: "token_embd.weight", shape: [5, 4], type: "F32" } as const;
      await writeGguf(`${folder}/x.gguf`, values, [table], single(single(new Float32Array(20))));
      await assert.rejects(Model.load(`${folder}/x.gguf`, { device: await testDevice() }), (error: Error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, message);
        return true;
      });
    };
    await refused(
      { "general.architecture": { type: "string", value: "gemma" } },
      /is "gemma", "llama" is needed/,
    );
    await refused({ "llama.expert_count": { type: "u32", value: 8 } }, /mixture of experts/);
    await refused({ "llama.rope.scaling.type": { type: "string", value: "longrope" } }, /"longrope"/);
    await refused({ "llama.rope.dimension_count": { type: "u32", value: 3 } }, /rope.dimension_count is not/);
    await refused(
      { "llama.block_count": { type: "f32", value: 1.5 } },
      /block_count is 1.5, not a whole number/,
    );
    await refused(
      { "llama.context_length": { type: "string", value: "8" } },
      /context_length is missing or not a number/,
    );
    await refused({}, /tensor blk\.0\.attn_norm\.weight is missing/);
    await refused(
      { "llama.block_count": { type: "u32", value: 2 ** 31 } },
      /block_count is 2147483648, there are 1/,
    );
  }));

Deno.test("tensors that no LLaMA here has are refused by their name", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create({ ...sizes, layers: 1 }, { context: 16, device });
    await model.save(`${folder}/a.gguf`);
    const names = [
      "blk.0.attn_q.bias",
      "blk.0.attn_qkv.weight",
      "blk.0.ffn_gate_exps.weight",
      "rope_factors_long.weight",
    ];
    for (const name of [...names, "token_types.weight", "blk.7.attn_q.weight", "model.embed_tokens.weight"]) {
      using file = await openGguf(`${folder}/a.gguf`);
      const values = new Map([...file.values].map(([key, value]): [string, WrittenValue] => {
        return [
          key,
          typeof value === "string" ? { type: "string", value } : { type: "f32", value: value as number },
        ];
      }));
      const tensors = [...file.tensors.values()].map(({ name, shape }) => ({
        name,
        shape,
        type: "F32" as const,
      }));
      const data = async function* () {
        for (const { name, shape } of tensors) {
          yield single(await file.matrix(name).read(0, shape.length > 1 ? shape[0] : 1));
        }
        yield single(new Float32Array(4));
      };
      await writeGguf(`${folder}/x.gguf`, values, [...tensors, { name, shape: [4], type: "F32" }], data());
      await assert.rejects(Model.load(`${folder}/x.gguf`, { device }), (error: Error) => {
        assert.ok(error instanceof FormatError, String(error));
        assert.match(error.message, /tensor \S+ has no place in this model/);
        return true;
      }, name);
    }
  }));

async function* single<T>(value: T): AsyncGenerator<T> {
  yield await Promise.resolve(value);
}

Deno.test("byte-level vocabularies of Llama 3's kind are read, other kinds refused", () => {
  const bytes = Array.from(
    { length: 256 },
    (_, i) => String.fromCodePoint(i < 33 || (i > 126 && i < 161) || i === 173 ? 0 : i),
  );
  let next = 256;
  const alphabet = bytes.map((char) => char === "\0" ? String.fromCodePoint(next++) : char);
  const tokens = [...alphabet, "he", "ll", "hell", "hello", "Ġhello", "<|bos|>", "<|eos|>"];
  const values = new Map<string, unknown>(Object.entries({
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "llama-bpe",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.token_type": tokens.map((token) => token.startsWith("<|") ? 3 : 1),
    "tokenizer.ggml.merges": ["h e", "l l", "he ll", "hell o", "Ġ hello"],
    "tokenizer.ggml.bos_token_id": 261,
    "tokenizer.ggml.eos_token_id": 262,
    "tokenizer.ggml.add_bos_token": true,
  }));
  const read = (change: Record<string, unknown> = {}) =>
    tokenizerFromGguf(new Map([...values, ...Object.entries(change)]) as Map<string, string>, "x.gguf");
  const tokenizer = read()!;
  assert.deepEqual([...tokenizer.encode("hello hello", { bos: true })], [261, 259, 260]);
  assert.equal(tokenizer.decode(tokenizer.encode(" été 灌木\n1234")), " été 灌木\n1234");
  assert.equal(tokenizer.eosId, 262);
  assert.throws(
    () => read({ "tokenizer.ggml.pre": "mine" }),
    /tokenizer\.ggml\.pre is "mine", one of llama-bpe, .* is needed; give another/,
  );
  assert.throws(() => read({ "tokenizer.ggml.add_bos_token": 1 }), /add_bos_token is 1, not true or false/);
  assert.throws(
    () => read({ "tokenizer.ggml.bos_token_id": undefined }),
    /add_bos_token is true, bos_token_id/,
  );
  assert.throws(() => read({ "tokenizer.ggml.merges": ["h x"] }), /x\.gguf.*merge 0 needs "hx"/);
  assert.throws(() => read({ "tokenizer.ggml.model": "bert" }), /is "bert"/);
  assert.throws(() => read({ "tokenizer.ggml.tokens": [] }), FormatError);
  assert.equal(read({ "tokenizer.ggml.model": "no_vocab" }), undefined);
});

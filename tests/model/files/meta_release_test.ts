// The original release's files, written by torch from a golden model and split for one or two GPUs, give the golden
// logits. A pickle that asks for anything but tensors is refused, and nothing of it runs.
import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../../src/base/errors.ts";
import { openTorchFile } from "../../../src/formats/tensors/torch_file.ts";
import { openWeights } from "../../../src/model/files/open_model.ts";
import { Model } from "../../../src/model/mod.ts";
import { permuteRopeRows } from "../../../src/ops/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { oracle, pythonHas } from "../../support/python.ts";
import { testDevice } from "../../support/device.ts";
import { type Entry, torchFile } from "../../support/torch_writer.ts";
import { goldenJson, goldenPath, goldenTensors, maxError } from "../../support/golden.ts";

const there = await pythonHas("torch", "safetensors");

Deno.test({
  name: `consolidated.*.pth written by torch give the golden logits${there.reason}`,
  ignore: there.ignore,
  fn: () =>
    inFolder(async (folder) => {
      const device = await testDevice();
      const { batch } = goldenJson<{ batch: { input_ids: number[][] } }>("B/inputs.json");
      const want = goldenTensors("B/expected.safetensors").get("logits")!;
      const [, T, V] = want.shape;
      const first = want.data.subarray(0, T * V);
      const ids = batch.input_ids[0];
      const variants = [[1, "float32", 1], [2, "float32", 0], [2, "bfloat16", 1]] as const;
      const asked = variants.map(([shards, dtype, embedding], i) => ({
        out: `${folder}/${i}`,
        shards,
        dtype,
        embedding,
      }));
      for (const { out } of asked) await Deno.mkdir(out);
      await oracle(new URL("../../reference/write_original.py", import.meta.url), [goldenPath("B")], asked);
      for (const { out: path, shards, dtype } of asked) {
        using model = await Model.load(path, { device, context: 64 });
        const { kvHeads, hidden, vocabSize, ropeTheta, context } = model.config;
        assert.deepEqual({ kvHeads, hidden, vocabSize, ropeTheta, context }, {
          kvHeads: 2,
          hidden: 112,
          vocabSize: 80,
          ropeTheta: 500000,
          context: 64,
        });
        const error = maxError(await model.logits(ids), first);
        if (Deno.env.get("VERBOSE")) console.log({ shards, dtype, error });
        assert.ok(error <= (dtype === "float32" ? 2e-6 : 0.05), `${shards} ${dtype}: ${error}`);
      }
      await refusals(`${folder}/2`);
    }),
});

async function refusals(path: string): Promise<void> {
  const refused = async (run: () => Promise<unknown>, message: RegExp) => {
    await assert.rejects(run, (error: Error) => {
      assert.ok(error instanceof FormatError, String(error));
      assert.match(error.message, message);
      return true;
    });
  };
  await refused(() => openTorchFile(`${path}/evil.pth`), /found "posix.system": nothing else is constructed/);
  assert.ok(![...Deno.readDirSync(path)].some(({ name }) => name === "pwned"));
  await refused(() => openTorchFile(`${path}/turned.pth`), /"a": it is not contiguous in memory/);
  await refused(() => openTorchFile(`${path}/list.pth`), /does not hold a dictionary/);
  await refused(() => openTorchFile(`${path}/legacy.pth`), /a file written by torch.save \(a ZIP file/);
  const plain = await openTorchFile(`${path}/plain.pth`);
  assert.deepEqual([...plain.tensors.keys()], ["c"]);
  assert.deepEqual(await plain.tensors.get("c")!.read(1, 1), new Float32Array(3).fill(1));
  plain.close();
  const device = await testDevice();
  await Deno.rename(`${path}/consolidated.01.pth`, `${path}/consolidated.02.pth`);
  await refused(() => Model.load(path, { device }), /consolidated.01.pth: no such file/);
  await Deno.copyFile(`${path}/plain.pth`, `${path}/consolidated.01.pth`);
  await Deno.remove(`${path}/consolidated.02.pth`);
  await refused(() => Model.load(path, { device }), /is missing, or not shaped as in the first shard/);
}

const NAMES: Readonly<Record<string, string>> = {
  "self_attn.q_proj": "attention.wq",
  "self_attn.k_proj": "attention.wk",
  "self_attn.v_proj": "attention.wv",
  "self_attn.o_proj": "attention.wo",
  "mlp.gate_proj": "feed_forward.w1",
  "mlp.down_proj": "feed_forward.w2",
  "mlp.up_proj": "feed_forward.w3",
  "input_layernorm": "attention_norm",
  "post_attention_layernorm": "ffn_norm",
  "model.embed_tokens": "tok_embeddings",
  "model.norm": "norm",
  "lm_head": "output",
};

/** Returns a model's weights by the names of the original release, with rows of queries and keys in its order. */
async function released(model: Model): Promise<Entry[]> {
  const { dim, heads, kvHeads } = model.config;
  return [...await model.parameters()].map(([name, data]) => {
    const [, layer, stem] = /^(?:model\.layers\.(\d+)\.)?(.*)\.weight$/.exec(name)!;
    const rotated = stem.endsWith("q_proj") ? heads : stem.endsWith("k_proj") ? kvHeads : 0;
    const rows = rotated ? permuteRopeRows(data, rotated, dim / heads, "interleaved") : data;
    const cols = stem === "mlp.down_proj" ? model.config.hidden : dim;
    const shape = stem.includes("norm") ? [dim] : [data.length / cols, cols];
    return { name: `${layer ? `layers.${layer}.` : ""}${NAMES[stem]}.weight`, shape, data: rows };
  });
}

const sizes = {
  dim: 32,
  n_layers: 2,
  n_heads: 4,
  n_kv_heads: 2,
  norm_eps: 1e-5,
  rope_theta: 500000,
  vocab_size: 64,
};
const shape = {
  dim: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 48,
  vocabSize: 64,
  normEps: 1e-5,
  ropeTheta: 500000,
};
const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 64);

Deno.test("original release: the factor of the rotary scaling is stated, known by the sizes, or asked for", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const scaling = { factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 };
    using model = await Model.create({ ...shape, ropeScaling: scaling }, { context: 64, device, seed: 9 });
    await Deno.writeFile(`${folder}/consolidated.00.pth`, torchFile(await released(model)));
    const params = (more: object) =>
      Deno.writeTextFile(`${folder}/params.json`, JSON.stringify({ ...sizes, ...more }));
    const load = (options: object = {}) => Model.load(folder, { device, context: 64, ...options });
    const refused = async (run: Promise<unknown>, message: RegExp) =>
      await assert.rejects(run, (error: Error) => {
        assert.ok(error instanceof ConfigError, String(error));
        assert.match(error.message, message);
        return true;
      });

    await params({ use_scaled_rope: true });
    await refused(
      load(),
      /use_scaled_rope.*Give Model.load\(\.\.\., { ropeFactor }\): 8 as in Llama 3.1, 32 as in/,
    );
    using asked = await load({ ropeFactor: 32 });
    assert.deepEqual(await asked.logits(ids), await model.logits(ids));
    assert.deepEqual(asked.config.ropeScaling, scaling);
    await asked.save(`${folder}/hf`);
    using again = await Model.load(`${folder}/hf`, { device });
    assert.deepEqual(await again.logits(ids), await model.logits(ids));
    await refused(
      Model.load(`${folder}/hf`, { device, ropeFactor: 8 }),
      /state the rotary scaling themselves/,
    );
    await refused(Model.create(shape, { device, ropeFactor: 8 }), /a new model takes ropeScaling/);

    await params({ use_scaled_rope: true, rope_scaling_factor: 32, rope_high_freq_factor: 6 });
    using stated = await load();
    assert.deepEqual(stated.config.ropeScaling, { ...scaling, highFrequencyFactor: 6 });
    await refused(load({ ropeFactor: 8 }), /says that it is 32/);
    await params({});
    await refused(load({ ropeFactor: 8 }), /not scaled/);
    using unscaled = await load();
    assert.equal(unscaled.config.ropeScaling, undefined);
  }));

Deno.test("original release: Llama 3.2 of 1B and 3B have factor 32, Llama 3.1 has 8", () =>
  inFolder(async (folder) => {
    for (
      const [dim, n_layers, n_heads, factor] of [[2048, 16, 32, 32], [3072, 28, 24, 32], [4096, 32, 32, 8], [
        8192,
        80,
        64,
        8,
      ], [16384, 126, 128, 8]]
    ) {
      const row = (name: string) => ({ name, shape: [1, dim], data: new Float32Array(dim) });
      const entries = [row("tok_embeddings.weight"), row("layers.0.feed_forward.w1.weight")];
      await Deno.writeFile(`${folder}/consolidated.00.pth`, torchFile(entries));
      const params = { dim, n_layers, n_heads, n_kv_heads: 8, norm_eps: 1e-5, rope_theta: 500000 };
      await Deno.writeTextFile(`${folder}/params.json`, JSON.stringify({ ...params, use_scaled_rope: true }));
      const source = await openWeights(folder);
      assert.equal(source.config.ropeScaling?.factor, factor);
      source.close();
    }
  }));

Deno.test("original release: an output matrix equal to the table is tied, and fields of other models are refused", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create({ ...shape, tieEmbeddings: true }, { context: 64, device, seed: 9 });
    const tied = await released(model);
    const table = tied.find(({ name }) => name === "tok_embeddings.weight")!;
    await Deno.writeTextFile(`${folder}/params.json`, JSON.stringify(sizes));
    for (
      const [entries, tieEmbeddings] of [
        [tied, true],
        [[...tied, { ...table, name: "output.weight" }], true],
        [[...tied, { ...table, name: "output.weight", data: table.data.map((x) => -x) }], false],
      ] as const
    ) {
      await Deno.writeFile(`${folder}/consolidated.00.pth`, torchFile(entries));
      using loaded = await Model.load(folder, { device, context: 64 });
      assert.equal(loaded.config.tieEmbeddings, tieEmbeddings);
      const error = maxError(
        await loaded.logits(ids),
        (await model.logits(ids)).map((x) => tieEmbeddings ? x : -x),
      );
      assert.ok(error < 1e-6, String(error));
    }
    for (
      const [more, message] of [
        [{ vocab_size: 65 }, /vocab_size is 65, the table has 64 rows/],
        [{ quantization_args: { scheme: "int4" } }, /quantization_args .*quantized/],
        [{ moe: { num_experts: 8 } }, /moe .*mixture of experts/],
        [{ sliding_window: 1024 }, /sliding_window is 1024/],
        [{ vision_chunk_size: 560 }, /vision_chunk_size/],
      ] as const
    ) {
      await Deno.writeTextFile(`${folder}/params.json`, JSON.stringify({ ...sizes, ...more }));
      await assert.rejects(Model.load(folder, { device, context: 64 }), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, message);
        return true;
      });
    }
  }));

Deno.test("original release: a text of Llama 3's vocabulary begins with its BOS and ends at the end of a message", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const { lines } = goldenJson<{ lines: string }>("tokenizer/tiktoken.json");
    const wide = { ...shape, vocabSize: 656 };
    using model = await Model.create(wide, { context: 64, device, seed: 9 });
    await Deno.writeFile(`${folder}/consolidated.00.pth`, torchFile(await released(model)));
    await Deno.writeTextFile(`${folder}/params.json`, JSON.stringify({ ...sizes, vocab_size: 656 }));
    await Deno.writeTextFile(`${folder}/tokenizer.model`, lines);
    using loaded = await Model.load(folder, { device, context: 64 });
    const greedy = { temperature: 0, maxTokens: 4 };
    const ids = Uint32Array.of(400, ...loaded.tokenizer!.encode("hum"));
    assert.deepEqual(
      [...await loaded.generate("hum", greedy).ids()],
      [...await model.generate(ids, greedy).ids()],
    );
    assert.deepEqual([...loaded.tokenizer!.eosIds], [401, 408, 409]);
    await loaded.save(`${folder}/hf`);
    const saved = JSON.parse(await Deno.readTextFile(`${folder}/hf/generation_config.json`));
    assert.deepEqual([saved.bos_token_id, saved.eos_token_id], [400, [401, 408, 409]]);
    using again = await Model.load(`${folder}/hf`, { device });
    assert.deepEqual([...again.tokenizer!.eosIds], [401, 408, 409]);
    assert.deepEqual(await again.logits(ids), await model.logits(ids));
  }));

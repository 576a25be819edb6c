// Hugging Face folders: several shards, several dtypes, grouped heads, tied tables, Llama 3's rotary scaling, refusals.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { openWeights } from "../../../src/model/files/open_model.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { frequencyDivisors, scalingOf } from "../../../src/model/architecture/rope_scaling.ts";
import { inFolder } from "../../support/folder.ts";
import { oracle, pythonHas } from "../../support/python.ts";
import { testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";

const ropeScaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 };
const shape = {
  dim: 24,
  layers: 3,
  heads: 6,
  kvHeads: 2,
  hidden: 40,
  vocabSize: 61,
  ropeTheta: 500,
  ropeScaling,
};
const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 61);
const there = await pythonHas("torch", "transformers");

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a model in shards comes back bit for bit, and a later save removes the earlier weights", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    for (const tieEmbeddings of [false, true]) {
      using model = await Model.create({ ...shape, tieEmbeddings }, { context: 64, device });
      const path = `${folder}/m${tieEmbeddings}`;
      await model.save(path, { shardBytes: 9000 });
      const index = JSON.parse(await Deno.readTextFile(`${path}/model.safetensors.index.json`));
      const shards = names(path).filter((name) => name.endsWith(".safetensors"));
      assert.ok(shards.length > 4, shards.join());
      assert.deepEqual([...new Set(Object.values(index.weight_map))].sort(), shards);
      assert.equal(Object.keys(index.weight_map).length, stateOf(model).layout.parameters.length);
      for (const shard of shards) assert.ok(Deno.statSync(`${path}/${shard}`).size < 11_000, shard);
      using loaded = await Model.load(path, { device });
      assert.deepEqual(loaded.config, model.config);
      assert.deepEqual(await loaded.parameters(), await model.parameters());
      assert.deepEqual(await loaded.logits(ids), await model.logits(ids));
      await loaded.save(path);
      assert.deepEqual(names(path), [
        "README.md",
        "config.json",
        "generation_config.json",
        "model.safetensors",
      ]);
      using again = await Model.load(path, { device });
      assert.deepEqual(await again.parameters(), await model.parameters());
    }
  }));

Deno.test("rotary scaling is recovered from the divisors", () => {
  for (const factor of [8, 32]) {
    const released = { factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 };
    const divisors = Float32Array.from(frequencyDivisors(released, 128, 500000));
    assert.equal(divisors[0], 1);
    assert.equal(divisors[63], factor);
    assert.deepEqual(scalingOf(divisors, 500000), released);
  }
  assert.equal(scalingOf(new Float32Array(64).fill(1), 10000), undefined);
});

for (
  const [dtype, tie_word_embeddings, scaled, tolerance] of [
    ["bfloat16", true, true, 0.06],
    ["float16", false, false, 0.006],
    ["float32", false, true, 1e-5],
  ] as const
) {
  Deno.test({
    name: `a random LLaMA written by transformers in ${dtype}${there.reason}`,
    ignore: there.ignore,
    fn: () =>
      inFolder(async (folder) => {
        const rope = scaled
          ? {
            rope_type: "llama3",
            factor: 8,
            low_freq_factor: 1,
            high_freq_factor: 4,
            original_max_position_embeddings: 32,
          }
          : { rope_type: "default" };
        const config = {
          vocab_size: 61,
          hidden_size: 48,
          intermediate_size: 88,
          num_hidden_layers: 3,
          num_attention_heads: 6,
          num_key_value_heads: 2,
          max_position_embeddings: 64,
          rms_norm_eps: 1e-5,
          rope_parameters: { ...rope, rope_theta: 500 },
          tie_word_embeddings,
        };
        const asked = { seed: 5, config, dtype, shard: "30KB", ids };
        const script = new URL("../../reference/write_llama.py", import.meta.url);
        const want = await oracle<{ low: number[]; exact: number[] }>(script, [folder], asked);
        assert.ok(
          names(folder).filter((name) => name.endsWith(".safetensors")).length > 1,
          names(folder).join(),
        );
        using model = await Model.load(folder, { device: await testDevice() });
        assert.equal(model.config.kvHeads, 2);
        assert.equal(model.config.tieEmbeddings, tie_word_embeddings);
        assert.equal(model.config.ropeScaling !== undefined, scaled);
        const logits = await model.logits(ids);
        const exact = maxError(logits, Float32Array.from(want.exact));
        const low = maxError(logits, Float32Array.from(want.low));
        if (Deno.env.get("VERBOSE")) console.log({ dtype, exact, low });
        assert.ok(exact <= 1e-5, `from the stored weights in float32 ${exact}`);
        assert.ok(low <= tolerance, `computed in ${dtype} ${low}`);
        await model.save(`${folder}/again`);
        using again = await Model.load(`${folder}/again`, { device: await testDevice() });
        assert.deepEqual(await again.logits(ids), logits);
      }),
  });
}

Deno.test("a config that is not LLaMA-shaped is refused with the reason, before memory is taken", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    const before = device.memory();
    using model = await Model.create({ ...shape, ropeScaling: undefined }, { context: 64, device });
    await model.save(folder);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    const refused = async (change: Record<string, unknown>, message: RegExp) => {
      await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify({ ...config, ...change }));
      const failure = await Model.load(folder, { device }).then(() => undefined, (error: Error) => error);
      assert.ok(failure instanceof FormatError, `${JSON.stringify(change)}: ${failure}`);
      assert.match(failure.message, message);
    };
    await refused({ num_key_value_heads: 4 }, /multiple of kvHeads/);
    await refused({ num_hidden_layers: 1e15 }, /asks for 1000000000000000 blocks, there are 30 tensors/);
    await refused({ vocab_size: 1e15 }, /embed_tokens.weight is \[61, 24\]/);
    await Deno.writeTextFile(
      `${folder}/config.json`,
      JSON.stringify({ ...config, max_position_embeddings: 1e12 }),
    );
    await assert.rejects(
      Model.load(folder, { device }),
      /Give Model.load\(\.\.\., \{ context \}\) at most \d+/,
    );
    (await Model.load(folder, { device, context: 50 })).dispose();
    const index = { weight_map: { "lm_head.weight": "../model.safetensors" } };
    await Deno.writeTextFile(`${folder}/model.safetensors.index.json`, JSON.stringify(index));
    await refused({}, /names files outside the folder/);
    model.dispose();
    assert.equal(device.memory().bytes, before.bytes);
  }));

Deno.test("weights are read a few rows at a time", () =>
  inFolder(async (folder) => {
    using model = await Model.create(shape, { context: 64, device: await testDevice() });
    await model.save(folder, { shardBytes: 20_000 });
    const source = await openWeights(folder);
    const whole = await model.parameters();
    for (const [name, matrix] of source.tensors) {
      const rows = matrix.shape.length === 1 ? 1 : matrix.shape[0];
      const all: number[] = [];
      for (let row = 0; row < rows; row += 5) all.push(...await matrix.read(row, Math.min(5, rows - row)));
      assert.deepEqual(Float32Array.from(all), whole.get(name), name);
    }
    source.close();
  }));

/** Writes safetensors of a saved model again, with some tensors left out, renamed or changed. */
async function rewrite(
  folder: string,
  change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
): Promise<void> {
  const { tensors } = await readSafetensors(`${folder}/model.safetensors`);
  const named = new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { shape, data: (data as Float32Array).slice() }]),
  );
  change(named);
  const entries = [...named].map(([name, tensor]) => ({ name, ...tensor }));
  await writeSafetensors(`${folder}/model.safetensors`, entries);
}

Deno.test("tie_word_embeddings beside a different lm_head.weight: both are kept, said, and saved untied", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create({ ...shape, tieEmbeddings: true }, { context: 64, device });
    await model.save(folder);
    const output = (await model.parameters()).get("model.embed_tokens.weight")!;
    await rewrite(
      folder,
      (tensors) => tensors.set("lm_head.weight", { shape: [61, 24], data: output.slice() }),
    );
    using same = await Model.load(folder, { device });
    assert.equal(same.config.tieEmbeddings, true, "an equal lm_head is the table");
    assert.doesNotMatch(same.summary().text, /tie_word_embeddings/);
    const changed = output.map((x, i) => i % 24 ? x : -x);
    await rewrite(folder, (tensors) => tensors.set("lm_head.weight", { shape: [61, 24], data: changed }));
    using untied = await Model.load(folder, { device });
    assert.equal(untied.config.tieEmbeddings, false);
    assert.match(
      untied.summary().text,
      /tie_word_embeddings, but lm_head.weight differs from the table: both are kept/,
    );
    assert.deepEqual((await untied.parameters()).get("lm_head.weight"), changed);
    using reference = await Model.create({ ...shape, tieEmbeddings: false }, { context: 64, device });
    reference.setParameters(await untied.parameters());
    assert.deepEqual(await untied.logits(ids), await reference.logits(ids));
    await untied.save(`${folder}/again`);
    assert.equal(
      JSON.parse(await Deno.readTextFile(`${folder}/again/config.json`)).tie_word_embeddings,
      false,
    );
    using again = await Model.load(`${folder}/again`, { device });
    assert.deepEqual(await again.logits(ids), await untied.logits(ids));
  }));

Deno.test("an untied config without lm_head.weight is refused with the field that would tie it", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    using model = await Model.create(shape, { context: 64, device });
    await model.save(folder);
    await rewrite(folder, (tensors) => tensors.delete("lm_head.weight"));
    await assert.rejects(Model.load(folder, { device }), (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, /lm_head.weight is missing.*"tie_word_embeddings": true/);
      return true;
    });
    const config = JSON.parse(await Deno.readTextFile(`${folder}/config.json`));
    await Deno.writeTextFile(
      `${folder}/config.json`,
      JSON.stringify({ ...config, tie_word_embeddings: true }),
    );
    using tied = await Model.load(folder, { device });
    assert.equal(tied.config.tieEmbeddings, true);
  }));

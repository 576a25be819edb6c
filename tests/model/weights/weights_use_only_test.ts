// Models that are only used: halves and 8-bit blocks from every kind of file, in every family, against models in f32 whose
// weights are the rounded ones. Rows of 96 numbers have three scales each, rows of 104 are not whole blocks.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { packBlocks } from "../../../src/formats/gguf/gguf_pack.ts";
import { splitQ8, unpackQ8 } from "../../../src/formats/gguf/q8_blocks.ts";
import { openSafetensors } from "../../../src/formats/mod.ts";
import { type Device, type DeviceOptions, openDevice } from "../../../src/gpu/mod.ts";
import { Model, type NamedWeights, TrainingStep } from "../../../src/model/mod.ts";
import { packedBytes } from "../../../src/model/weights/packed_weights.ts";
import { stateOf } from "../../../src/model/model_state.ts";
import { Trainer } from "../../../src/train/mod.ts";
import { families, half, needsHalf } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { maxError } from "../../support/golden.ts";
import { paperStep } from "../paper_step.ts";

const shape = { dim: 96, layers: 2, heads: 6, kvHeads: 2, hidden: 104, vocabSize: 83, context: 32 };
const ids = Uint32Array.from({ length: 21 }, (_, i) => i * 31 % 83);
const row = { ids: ids.subarray(0, -1), targets: ids.subarray(1) };
const stepOptions = { ...paperStep, microBatch: 1, context: 20, save: "linear" as const };

/** Devices by kernel family, with shader-f16 and without. */
const devices: Record<string, DeviceOptions> = {};
for (const family of families) {
  const without = family === "shared" ? ["subgroups", "int64"] as const : [];
  if (half && family !== "plain") devices[family] = { family, without };
  devices[`${family} without shader-f16`] = { family, without: [...without, "f16"] };
}

/** Runs `use` with a device, on which nothing stays allocated. */
async function onDevice(options: DeviceOptions, use: (device: Device) => Promise<void>): Promise<void> {
  const device = await openDevice(options);
  try {
    await use(device);
    assert.equal(device.memory().bytes, 0, "everything is freed");
  } finally {
    device.close();
  }
}

/** Returns all that a model says about a prompt. */
async function answers(model: Model): Promise<{ logits: Float32Array; written: Uint32Array; score: number }> {
  return {
    logits: await model.logits(ids),
    written: await model.generate(ids, { temperature: 0, maxTokens: 6 }).ids(),
    score: (await model.score(ids.subarray(0, 5), ids.subarray(5))).logProb,
  };
}

/** Returns weights as a format rounds them: matrices of whole blocks as blocks, others as halves, vectors as they are. */
function rounded(named: NamedWeights, dtype: "f16" | "q8"): NamedWeights {
  return new Map([...named].map(([name, data]) => {
    if (name.includes("norm")) return [name, data];
    const blocks = dtype === "q8" && !name.includes("down_proj");
    return [
      name,
      blocks ? unpackQ8(splitQ8(packBlocks("Q8_0", data, name))) : new Float32Array(new Float16Array(data)),
    ];
  }));
}

/** Writes a model with weights that no format holds exactly, norms among them. */
async function writeModel(
  folder: string,
  config: Parameters<typeof Model.create>[0] = shape,
): Promise<NamedWeights> {
  using model = await Model.create(config, { seed: 7 });
  const named = await model.parameters();
  for (const [name, data] of named) {
    named.set(name, data.map((x, i) => name.includes("norm") ? 1 + Math.sin(i) / 3 : 3 * x));
  }
  model.setParameters(named);
  await model.save(folder);
  await model.save(`${folder}/f32.gguf`);
  await model.save(`${folder}/q8.gguf`, { dtype: "q8_0" });
  await model.save(`${folder}/f16.gguf`, { dtype: "f16" });
  return named;
}

for (const [name, options] of Object.entries(devices)) {
  Deno.test(`a model loaded as halves holds 2 bytes a weight until it is trained (${name})`, () =>
    inFolder((folder) =>
      onDevice(options, async (device) => {
        const exact = await writeModel(folder);
        const want = rounded(exact, "f16");
        using model = await Model.load(folder, { device, dtype: "f16" });
        const { layout, trained } = stateOf(model);
        const weights = layout.places.size;
        const held = device.memory().bytes;
        assert.equal(trained, undefined);
        assert.ok(held < 2.2 * weights + 4096, `${held} bytes for ${weights} weights`);
        assert.match(model.summary().text, /weights \d+ kB in f16; keys and values 512 B per position/);
        assert.deepEqual(await model.parameters(), want);
        const first = await answers(model);
        using copied = await Model.create(shape, { device, dtype: "f16" });
        copied.setParameters(exact);
        assert.deepEqual(await answers(copied), first, "as the halves of weights in f32");
        using clone = await model.clone();
        assert.deepEqual(await answers(clone), first);
        clone.dispose();
        copied.dispose();
        const step = await TrainingStep.create(model, stepOptions);
        const { gradients } = await step.gradients([row]);
        step.dispose();
        assert.equal(
          device.memory().bytes,
          held,
          "a model that no step has changed gives the weights in f32 back",
        );
        const real = await TrainingStep.create(model, stepOptions);
        assert.deepEqual((await real.gradients([row])).gradients, gradients);
        assert.deepEqual(await model.parameters(), want, "the weights in f32 are the rounded ones");
        assert.deepEqual(await answers(model), first);
        real.run([row], 1, 1e-6);
        real.dispose();
        const after = await model.parameters();
        const moved = [...after].filter(([name, data]) => data.some((x, i) => x !== want.get(name)![i]));
        assert.equal(moved.length, after.size, "every weight moved by less than a half can say");
        assert.ok(stateOf(model).trained);
        assert.match(model.summary().text, /weights \d+ kB in f16, \d+ kB in f32 to be trained;/);
        assert.equal(model.toJSON().dtype, "f16");
      })
    ));
}

for (const family of families) {
  const options = devices[`${family} without shader-f16`];
  Deno.test(`without shader-f16 halves give the bits of their numbers in f32 (${family})`, () =>
    inFolder((folder) =>
      onDevice(options, async (device) => {
        const want = rounded(await writeModel(folder), "f16");
        using floats = await Model.create(shape, { device });
        floats.setParameters(want);
        using model = await Model.load(folder, { device, dtype: "f16" });
        assert.deepEqual(await answers(model), await answers(floats));
        const [a, b] = await Promise.all(
          [model, floats].map((one) => TrainingStep.create(one, stepOptions)),
        );
        assert.deepEqual(await a.gradients([row]), await b.gradients([row]));
        a.dispose();
        b.dispose();
      })
    ));

  Deno.test(`a model of 8-bit blocks says what their numbers in f32 say (${family})`, () =>
    inFolder((folder) =>
      onDevice(devices[family] ?? options, async (device) => {
        for (const config of [shape, { ...shape, dim: 64, heads: 4, hidden: 96, tieEmbeddings: true }]) {
          const exact = await writeModel(folder, config);
          using model = await Model.load(folder, { device, dtype: "q8" });
          const { layout, trained } = stateOf(model);
          assert.equal(trained, undefined);
          const bytes = packedBytes(layout, "q8");
          assert.ok(device.memory().bytes < bytes + 4096 + 64 * config.context, "nothing in f32");
          const values = await model.parameters();
          if (config === shape) assert.deepEqual(values, rounded(exact, "q8"));
          using floats = await Model.create(config, { device });
          floats.setParameters(values);
          const [got, want] = [await answers(model), await answers(floats)];
          const error = maxError(got.logits, want.logits);
          assert.ok(error < 1e-6, `logits off by ${error}`);
          assert.deepEqual(got.written, want.written);
          assert.ok(Math.abs(got.score - want.score) < 1e-4);
          using clone = await model.clone();
          assert.deepEqual((await answers(clone)).logits, got.logits);
          clone.setParameters(values);
          assert.deepEqual(await clone.parameters(), values, "numbers of blocks stay as they are");
        }
      })
    ));
}

Deno.test("blocks of a GGUF file are kept, from other files they are rounded as llama.cpp rounds", () =>
  inFolder(async (folder) => {
    const exact = await writeModel(folder);
    const want = rounded(exact, "q8");
    for (const path of [folder, `${folder}/f32.gguf`, `${folder}/q8.gguf`]) {
      using model = await Model.load(path, { dtype: "q8" });
      assert.deepEqual(await model.parameters(), want, path);
    }
    using kept = await Model.load(`${folder}/q8.gguf`); // in f32
    assert.deepEqual(await kept.parameters(), want);
    // Blocks whose bytes do not reach 127 would be others if they were rounded again.
    const file = `${folder}/q8.gguf`;
    const bytes = await Deno.readFile(file);
    const block = packBlocks("Q8_0", exact.get("model.layers.1.mlp.up_proj.weight")!.slice(0, 32), "x");
    const at = new TextDecoder("latin1").decode(bytes).indexOf(new TextDecoder("latin1").decode(block));
    assert.ok(at > 0);
    bytes.subarray(at + 2, at + 34).forEach((byte, i, all) => all[i] = (byte << 24 >> 24) >> 1);
    await Deno.writeFile(file, bytes);
    using small = await Model.load(file, { dtype: "q8" });
    using floats = await Model.load(file);
    assert.deepEqual(await small.parameters(), await floats.parameters());
  }));

Deno.test("halves of f16 files are kept, and a model of halves is saved as it is", () =>
  inFolder(async (folder) => {
    const want = rounded(await writeModel(folder), "f16");
    for (const path of [`${folder}/f32.gguf`, `${folder}/f16.gguf`, `${folder}/model.safetensors`]) {
      using model = await Model.load(path.replace("/model.safetensors", ""), { dtype: "f16" });
      for (const [to, options] of [["hf"], ["as.gguf"], ["shards", { shardBytes: 20_000 }]] as const) {
        await model.save(`${folder}/${to}`, options);
        using again = await Model.load(`${folder}/${to}`); // in f32
        assert.deepEqual(await again.parameters(), want, `${path} to ${to}`);
      }
    }
    using file = await openSafetensors(`${folder}/hf/model.safetensors`);
    const types = [...file.tensors.values()].map(({ name, dtype }) => [name.includes("norm"), dtype].join());
    assert.deepEqual([...new Set(types)].sort(), ["false,F16", "true,F32"]);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/hf/config.json`));
    assert.equal(config.torch_dtype, "float16");
  }));

Deno.test("a model of 8-bit blocks is saved as blocks in GGUF and as f32 in a folder", () =>
  inFolder(async (folder) => {
    const want = rounded(await writeModel(folder), "q8");
    using model = await Model.load(folder, { dtype: "q8" });
    for (const to of ["again.gguf", "again"]) {
      await model.save(`${folder}/${to}`);
      using again = await Model.load(`${folder}/${to}`);
      assert.deepEqual(await again.parameters(), want, to);
    }
    assert.ok((await Deno.stat(`${folder}/again.gguf`)).size < (await Deno.stat(`${folder}/f16.gguf`)).size);
    await assert.rejects(model.save(`${folder}/no`, { dtype: "q8_0" }), /its weights are "f32" or "f16"/);
  }));

Deno.test("what a model of 8-bit blocks cannot do says what to do instead", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    using model = await Model.load(folder, { dtype: "q8", name: "small" });
    const refused = (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(
        error.message,
        /weights are blocks of 8 bits, for use only\. Load it with dtype: "f16" or "f32"$/,
      );
      return true;
    };
    assert.throws(() => new Trainer(model), refused);
    assert.throws(() => model.plan({ tokens: 1e6 }), refused);
    await assert.rejects(TrainingStep.create(model, stepOptions), refused);
    await assert.rejects(model.inspect(ids, { gradients: true }), refused);
    assert.ok((await model.inspect(ids)).logitLens);
    await assert.rejects(Model.create(shape, { dtype: "q8" }), /dtype: "q8" is for models that are loaded/);
    await assert.rejects(Model.create(shape, { dtype: "bf16" as "f16" }), ConfigError);
  }));

Deno.test("a weight that a half cannot hold is refused by its name", () =>
  inFolder(async (folder) => {
    using model = await Model.create(shape);
    const named = await model.parameters();
    named.get("model.layers.1.self_attn.k_proj.weight")![5] = 70000;
    model.setParameters(named);
    await model.save(folder);
    await assert.rejects(
      Model.load(folder, { dtype: "f16" }),
      /model\.layers\.1\.self_attn\.k_proj\.weight.*70000/,
    );
  }));

for (const dtype of ["f16", "q8"] as const) {
  Deno.test(`chunks change no bit of a model that is only used, ${dtype}`, () =>
    inFolder(async (folder) => {
      await writeModel(folder, { ...shape, vocabSize: 1500 });
      const found: unknown[] = [];
      for (const limits of [{}, { maxBufferSize: 2 ** 17, maxBindingSize: 2 ** 17 }]) {
        await onDevice({ ...devices.shared, ...limits }, async (device) => {
          using model = await Model.load(folder, { device, dtype });
          const written = await model.generate(ids, { temperature: 0, maxTokens: 6 }).ids();
          found.push([await model.logits(ids), written, await model.parameters()]);
        });
      }
      assert.deepEqual(found[1], found[0]);
    }));
}

Deno.test(
  `weights of a trained model of halves survive a save, a load and a restore${needsHalf.reason}`,
  needsHalf,
  () =>
    inFolder(async (folder) => {
      await writeModel(folder);
      using model = await Model.load(folder, { dtype: "f16" });
      const step = await TrainingStep.create(model, stepOptions);
      for (const n of [1, 2, 3]) step.run([row], n, 1e-3);
      step.dispose();
      await model.save(`${folder}/trained`); // in f32
      using again = await Model.load(`${folder}/trained`);
      assert.deepEqual(await again.parameters(), await model.parameters());
      const { bytes } = model.plan({ tokens: 1e6 }).facts;
      assert.equal(bytes.weights, 4 * stateOf(model).layout.places.size + bytes.halves!);
      assert.match(model.plan({ tokens: 1e6 }).toString(), /in f32, .* in f16/);
    }),
);

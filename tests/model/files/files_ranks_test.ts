// Models of every format, loaded by (data, model) ranks in one process: the weights of one process, and the same files saved.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Device } from "../../../src/gpu/mod.ts";
import { Model, type ModelOptions, type ModelShape } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { onRanks } from "../../support/model_ranks.ts";
import { torchFile } from "../../support/torch_writer.ts";

/** Two model ranks hold whole blocks of 32 columns. */
const shape: ModelShape = {
  dim: 64,
  layers: 1,
  heads: 4,
  kvHeads: 2,
  hidden: 128,
  vocabSize: 101,
  context: 16,
};
const counts: [data: number, model: number][] = [[2, 1], [2, 2]];

/** Writes the model in the formats that are read, and returns their paths. */
async function plant(folder: string): Promise<string[]> {
  using model = await Model.create(shape, { device: await testDevice(), seed: 4 });
  const named = await model.parameters();
  model.setParameters(
    new Map([...named].map(([name, data], n) => [name, data.map((x, i) => x + (i % 7 + n) / 64)])),
  );
  await model.save(`${folder}/hf`, { shardBytes: 20_000 });
  await model.save(`${folder}/f32.gguf`);
  await model.save(`${folder}/q8.gguf`, { dtype: "q8_0" });
  await plantRelease(`${folder}/release`);
  return ["hf", "f32.gguf", "q8.gguf", "release"].map((name) => `${folder}/${name}`);
}

/** Writes a model as two files of the original release, which are stacked by rows and by columns. */
async function plantRelease(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  const params = { dim: 64, n_layers: 1, n_heads: 4, n_kv_heads: 2, norm_eps: 1e-5, max_seq_len: 16 };
  await Deno.writeTextFile(`${folder}/params.json`, JSON.stringify(params));
  const sizes = Object.entries({
    "tok_embeddings": [102, 32],
    "norm": [64],
    "output": [51, 64],
    "layers.0.attention_norm": [64],
    "layers.0.ffn_norm": [64],
    "layers.0.attention.wq": [32, 64],
    "layers.0.attention.wk": [16, 64],
    "layers.0.attention.wv": [16, 64],
    "layers.0.attention.wo": [64, 32],
    "layers.0.feed_forward.w1": [64, 64],
    "layers.0.feed_forward.w2": [64, 64],
    "layers.0.feed_forward.w3": [64, 64],
  });
  for (const shard of [0, 1]) {
    const entries = sizes.map(([name, shape], n) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return {
        name: `${name}.weight`,
        shape,
        data: Float32Array.from({ length: size }, (_, i) => i + n / 16 + shard / 4),
      };
    });
    await Deno.writeFile(`${folder}/consolidated.0${shard}.pth`, torchFile(entries));
  }
}

/** Loads a model and returns a hash of its weights, and hashes of the files as which it is saved, by name. */
async function loadAndSave(
  path: string,
  out: string,
  device: Device,
  options: ModelOptions,
): Promise<Record<string, string>> {
  using model = await Model.load(path, { device, ...options });
  const hashes: Record<string, string> = {};
  const hash = (name: string, bytes: Uint8Array) =>
    hashes[name] = createHash("sha256").update(bytes).digest("hex");
  for (const [name, data] of await model.parameters()) hash(name, new Uint8Array(data.buffer));
  await model.save(`${out}/hf`, { shardBytes: 15_000 });
  await model.save(`${out}/model.gguf`, { dtype: options.dtype === "q8" ? "q8_0" : "f16" });
  const files = [...Deno.readDirSync(`${out}/hf`)].map(({ name }) => `hf/${name}`);
  for (const name of [...files, "model.gguf"]) hash(name, Deno.readFileSync(`${out}/${name}`));
  return hashes;
}

Deno.test("every format is loaded and saved by several ranks as by one", async () => {
  await inFolder(async (folder) => {
    for (const path of await plant(folder)) {
      for (const dtype of ["f32", "f16", "q8"] as const) {
        const options = { dtype, name: "m" };
        if (path.endsWith("release") && dtype !== "f32") continue; // its numbers are too large
        const alone = { ...options, device: await testDevice() };
        const want = await loadAndSave(path, `${folder}/alone`, alone.device, alone);
        assert.ok(Object.keys(want).filter((name) => /hf.model-/.test(name)).length > 2);
        for (const [data, model] of counts) {
          const out = `${folder}/${data}x${model}`;
          const found = await onRanks(
            data * model,
            (device, { rank }) =>
              loadAndSave(path, out, device, {
                ...options,
                name: rank ? `m${rank}` : "m",
                parallel: { model },
              }),
          );
          for (const one of found) assert.deepEqual(one, want, `${path} as ${dtype} on (${data}, ${model})`);
        }
      }
    }
  });
});

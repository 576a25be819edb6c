// The weights of a folder: which file counts, and what to do about folders and files that hold no model.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Model } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";
import { torchFile } from "../../support/torch_writer.ts";
import { ids, writeModel } from "./recorded_fields.ts";

const INDEX = "model.safetensors.index.json";

async function refused(path: string, message: RegExp): Promise<void> {
  const failure = await Model.load(path, { device: await testDevice() }).then(
    () => undefined,
    (error: Error) => error,
  );
  assert.ok(failure instanceof FormatError, `${path}: ${failure}`);
  assert.match(failure.message, message);
}

Deno.test("beside model.safetensors an index counts for nothing, but never names files outside the folder", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(`${folder}/one`);
    using model = await Model.load(`${folder}/one`, { device });
    const logits = await model.logits(ids);
    const weight_map = { "lm_head.weight": "model-00001-of-00002.safetensors" };
    await Deno.writeTextFile(`${folder}/one/${INDEX}`, JSON.stringify({ weight_map }));
    await Deno.writeTextFile(`${folder}/one/model-00001-of-00002.safetensors`, "of another model");
    using loaded = await Model.load(`${folder}/one`, { device });
    assert.deepEqual(await loaded.logits(ids), logits);
    for (
      const name of [
        "../x.safetensors",
        "/etc/x.safetensors",
        "a/b.safetensors",
        "..\\x.safetensors",
        "x.json",
      ]
    ) {
      await Deno.writeTextFile(`${folder}/one/${INDEX}`, JSON.stringify({ weight_map: { a: name } }));
      await refused(`${folder}/one`, /weight_map is missing or names files outside the folder/);
    }
  }));

Deno.test("shards: a missing one is named with the remedy, a link may not lead out of the folder", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(`${folder}/one`);
    using model = await Model.load(`${folder}/one`, { device });
    await model.save(`${folder}/m`, { shardBytes: 30_000 });
    const shards = [...Deno.readDirSync(`${folder}/m`)].filter(({ name }) => name.endsWith(".safetensors"));
    const shard = shards.map(({ name }) => name).sort()[1];
    await Deno.rename(`${folder}/m/${shard}`, `${folder}/outside.safetensors`);
    await refused(`${folder}/m`, new RegExp(`${shard}: .*download all ${shards.length} files`));
    await Deno.symlink(`${folder}/outside.safetensors`, `${folder}/m/${shard}`);
    await refused(`${folder}/m`, /is a link out of the folder/);
    await Deno.remove(`${folder}/m/${shard}`);
    await Deno.rename(`${folder}/outside.safetensors`, `${folder}/m/renamed`);
    await Deno.symlink("renamed", `${folder}/m/${shard}`);
    using linked = await Model.load(`${folder}/m`, { device });
    assert.deepEqual(await linked.logits(ids), await model.logits(ids));
    // the hub's own cache: models--owner--name/snapshots/<revision>/file -> ../../blobs/<hash>
    const snapshot = `${folder}/models--a--b/snapshots/rev`;
    await Deno.mkdir(snapshot, { recursive: true });
    await Deno.mkdir(`${folder}/models--a--b/blobs`);
    for (const { name } of Deno.readDirSync(`${folder}/m`)) {
      if (name === "renamed") continue;
      await Deno.copyFile(`${folder}/m/${name}`, `${folder}/models--a--b/blobs/${name}.blob`);
      await Deno.symlink(`../../blobs/${name}.blob`, `${snapshot}/${name}`);
    }
    using cached = await Model.load(snapshot, { device });
    assert.deepEqual(await cached.logits(ids), await model.logits(ids));
    await Deno.truncate(`${folder}/models--a--b/blobs/${shard}.blob`, 3000);
    await refused(snapshot, /the file ends here \(an interrupted download/);
  }));

Deno.test("weights of torch.save load, in one file and in shards", () =>
  inFolder(async (folder) => {
    const device = await testDevice();
    await writeModel(folder);
    using model = await Model.load(folder, { device });
    const parameters = [...await model.parameters()];
    const entries = parameters.map(([name, data]) => {
      const rows = data.length / (name.includes("down_proj") ? 48 : 32);
      return { name, data, shape: name.includes("norm") ? [32] : [rows, data.length / rows] };
    });
    await Deno.remove(`${folder}/model.safetensors`);
    await Deno.writeFile(`${folder}/pytorch_model.bin`, torchFile(entries));
    using single = await Model.load(folder, { device });
    assert.deepEqual(await single.logits(ids), await model.logits(ids));
    await Deno.remove(`${folder}/pytorch_model.bin`);
    const halves = [entries.slice(0, 7), entries.slice(7)];
    const weight_map: Record<string, string> = {};
    for (const [i, half] of halves.entries()) {
      const name = `pytorch_model-0000${i + 1}-of-00002.bin`;
      await Deno.writeFile(`${folder}/${name}`, torchFile(half));
      half.forEach((entry) => weight_map[entry.name] = name);
    }
    await Deno.writeTextFile(`${folder}/pytorch_model.bin.index.json`, JSON.stringify({ weight_map }));
    using sharded = await Model.load(folder, { device });
    assert.deepEqual(await sharded.logits(ids), await model.logits(ids));
    await sharded.save(folder);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["README.md", "config.json", "generation_config.json", "model.safetensors"]);
  }));

Deno.test("a folder without a model is refused with what to do about it", () =>
  inFolder(async (folder) => {
    await writeModel(`${folder}/model`);
    const config = await Deno.readTextFile(`${folder}/model/config.json`);
    const cases: [files: Record<string, string>, message: RegExp][] = [
      [{}, /the folder is empty/],
      [{ "adapter_config.json": "{}", "adapter_model.safetensors": "x" }, /a LoRA adapter.*merge_and_unload/],
      [{ "config.json": config, "adapter_model.bin": "x" }, /a LoRA adapter/],
      [{ "q4.gguf": "x", "q8.gguf": "x" }, /several models: give the path of one of q4\.gguf, q8\.gguf/],
      [{ "config.json": config, "x-q8_0.gguf": "x" }, /holds a GGUF file/],
      [{ "config.json": config, "model.onnx": "x" }, /a graph for ONNX/],
      [{ "config.json": config, "tf_model.h5": "x" }, /another framework/],
      [{ "config.json": config, "flax_model.msgpack": "x" }, /another framework/],
      [{ "config.json": config, "weights.npz": "x" }, /another framework/],
      [{ "config.json": config, "model.pt": "x" }, /save_pretrained/],
      [
        { "config.json": config, "model.fp16.safetensors": "x" },
        /a model's file has the name model.safetensors/,
      ],
      [
        { "config.json": config, "model-00001-of-00002.safetensors": "x" },
        /shards without model.safetensors.index/,
      ],
      [
        { "config.json": config, "pytorch_model-00001-of-00002.bin": "x" },
        /shards without pytorch_model.bin.index/,
      ],
      [{ "consolidated.00.pth": "x" }, /original release without params.json/],
      [{ "model.safetensors": "x" }, /the folder holds model.safetensors, but no config.json/],
      [{ "config.json": config, "tokenizer.json": "x" }, /holds config.json, tokenizer.json\. A model has/],
      [{ "step-5/config.json": config }, /may be in a folder inside: give ".*\/step-5"/],
    ];
    for (const [i, [files, message]] of cases.entries()) {
      await Deno.mkdir(`${folder}/${i}/step-5`, { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${folder}/${i}/${name}`, text);
      }
      if (!files["step-5/config.json"]) {
        await Deno.remove(`${folder}/${i}/step-5`);
      }
      await refused(`${folder}/${i}`, message);
    }
    await refused(`${folder}/nowhere`, /there is no such file or folder/);
    await refused(`${folder}/model/model.safetensors`, /this is a file: give the folder/);
    await Deno.writeTextFile(`${folder}/model/adapter_config.json`, "{}");
    await refused(`${folder}/model`, /an adapter stands beside the model/);
  }));

Deno.test("git-LFS pointers and web pages in place of a file are told from damaged files", () =>
  inFolder(async (folder) => {
    await writeModel(`${folder}/model`);
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1000\n";
    const page = "<!DOCTYPE html>\n<html><head><title>401</title></head></html>";
    const config = await Deno.readTextFile(`${folder}/model/config.json`);
    for (
      const [text, message] of [[pointer, /git-LFS pointer.*git lfs pull/], [
        page,
        /this is a web page/,
      ]] as const
    ) {
      const files = {
        "config.json": ["config.json"],
        "generation_config.json": ["config.json", "generation_config.json", "model.safetensors"],
        "model.safetensors": ["config.json", "model.safetensors"],
        "pytorch_model.bin": ["config.json", "pytorch_model.bin"],
        [INDEX]: ["config.json", INDEX],
        "model.gguf": ["model.gguf"],
        "params.json": ["params.json"],
      };
      for (const [bad, names] of Object.entries(files)) {
        const path = `${folder}/${bad}-${text.length}`;
        await Deno.mkdir(path);
        for (const name of names) {
          await Deno.writeTextFile(
            `${path}/${name}`,
            name === bad ? text : name === "config.json" ? config : "{}",
          );
        }
        await refused(path, message);
      }
    }
    const tokenizer = `${folder}/model/tokenizer.json`;
    await Deno.writeTextFile(tokenizer, pointer);
    await refused(`${folder}/model`, /tokenizer.json: .*git-LFS pointer/);
  }));

Deno.test("quantized tensors, weights nested too deeply and other foreign content are refused by name", () =>
  inFolder(async (folder) => {
    await writeModel(folder);
    const weights = await Deno.readFile(`${folder}/model.safetensors`);
    const size = Number(new DataView(weights.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(weights.subarray(8, 8 + size));
    const renamed = header.replace("layers.0.self_attn.q_proj.weight", "layers.0.self_attn.q_proj.qweight");
    const bytes = new TextEncoder().encode(renamed);
    const file = new Uint8Array(weights.length + bytes.length - size);
    new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
    file.set(bytes, 8);
    file.set(weights.subarray(8 + size), 8 + bytes.length);
    await Deno.writeFile(`${folder}/model.safetensors`, file);
    await refused(folder, /q_proj.qweight is quantized \(GPTQ, AWQ/);
    await Deno.writeTextFile(
      `${folder}/generation_config.json`,
      `{"a": ${"[".repeat(2e5)}${"]".repeat(2e5)}}`,
    );
    await refused(folder, /generation_config.json: it is nested too deeply/);
  }));

Deno.test("a path that is none, a file, an address without hf:// and a foreign vocabulary are refused with a remedy", () =>
  inFolder(async (folder) => {
    for (const path of ["", null, `file://${folder}`]) {
      await assert.rejects(
        Model.load(path as string),
        /Cannot use Model.load: it needs a path, current value/,
      );
    }
    await refused(
      "owner/name",
      /there is no such file or folder\. .*from the hub, "hf:\/\/owner\/name"/,
    );
    await writeModel(folder);
    await refused(`${folder}/config.json`, /from \S*\/config\.json: this is a file: give the folder/);
    await Deno.writeTextFile(`${folder}/vocab.json`, "{}");
    await refused(
      folder,
      /holds vocab.json, but no tokenizer.json: .*or give Model.load\(..., \{ tokenizer \}\)/,
    );
  }));

/**
 * Damaged checkpoints of every format: each is read whole or refused with one of the SDK's errors.
 *
 * @module
 */
import { LlameroError } from "../../src/base/errors.ts";
import { Random } from "../../src/base/random.ts";
import { writeSafetensors } from "../../src/formats/mod.ts";
import { columnsOf, elementsOf } from "../../src/formats/tensors/matrix.ts";
import { resolveConfig } from "../../src/model/architecture/config.ts";
import { completeHfFolder, hfFiles } from "../../src/model/files/write_hf_folder.ts";
import { settingsToSave } from "../../src/model/architecture/generation_settings.ts";
import { initialWeights } from "../../src/model/weights/init.ts";
import { openWeights } from "../../src/model/files/open_model.ts";
import { checkWeights } from "../../src/model/weights/weight_source.ts";
import type { ParameterPieces } from "../../src/model/weights/stream_weights.ts";
import { WeightLayout } from "../../src/model/weights/weight_layout.ts";
import { writeGgufModel } from "../../src/model/files/gguf/write.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { mutate, mutateJson } from "../support/mutate.ts";
import { torchFile } from "../support/torch_writer.ts";

const ropeScaling = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 };
const shape = {
  dim: 16,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  hidden: 24,
  vocabSize: 300,
  context: 32,
  ropeTheta: 50,
};

/** A file to damage, in the folder of the files that are loaded with it. */
interface DamageTarget {
  kind: string;
  folder: string;
  file: string;
  json?: boolean;
}

/** Writes whole checkpoints into `root`. Returns the files of them to damage. */
export async function plant(root: string): Promise<DamageTarget[]> {
  const tokenizer =
    (await Tokenizer.train(["the llama hums on every hill, 1234 灌木 ".repeat(30)], { vocabSize: 290 }))
      .withTemplate("plain");
  const config = resolveConfig({ ...shape, ropeScaling });
  const layout = new WeightLayout(config);
  const drawn = [...initialWeights(layout, 1).values()];
  const all = await Promise.all(
    drawn.map((matrix) => matrix.read(0, matrix.shape.length > 1 ? matrix.shape[0] : 1)),
  );
  const pieces = async function* (): AsyncGenerator<ParameterPieces> {
    for (const [i, data] of all.entries()) {
      const parts = async function* () {
        yield await Promise.resolve(data);
      };
      yield { parameter: layout.parameters[i], data: parts };
    }
  };
  const folder = `${root}/hf`;
  await Deno.mkdir(folder, { recursive: true });
  const settings = {
    config,
    settings: settingsToSave(undefined, {}),
    shardBytes: 20_000,
    dtype: "f32",
  } as const;
  const files = hfFiles(folder, settings, layout.parameters);
  const weights = pieces();
  for (const file of files) await file.write(weights);
  await completeHfFolder(folder, settings, layout.parameters, files);
  await tokenizer.save(`${root}/hf`);
  for (const type of ["F32", "Q8_0"] as const) {
    await Deno.mkdir(`${root}/${type}`);
    const model = { name: "m", config, tokenizer, type };
    await writeGgufModel(`${root}/${type}/model.gguf`, model, layout.parameters, pieces());
  }
  await Deno.mkdir(`${root}/original`);
  const half = { dim: 16, n_layers: 1, n_heads: 2, norm_eps: 1e-5 };
  await Deno.writeTextFile(`${root}/original/params.json`, JSON.stringify(half));
  const sizes = Object.entries({
    "tok_embeddings": [50, 8],
    "norm": [16],
    "output": [25, 16],
    "layers.0.attention_norm": [16],
    "layers.0.ffn_norm": [16],
    "layers.0.attention.wq": [8, 16],
    "layers.0.attention.wk": [8, 16],
    "layers.0.attention.wv": [8, 16],
    "layers.0.attention.wo": [16, 8],
    "layers.0.feed_forward.w1": [12, 16],
    "layers.0.feed_forward.w2": [16, 12],
    "layers.0.feed_forward.w3": [12, 16],
  });
  const entries = sizes.map(([name, shape]) => ({
    name: `${name}.weight`,
    shape,
    data: new Float32Array(elementsOf(shape)),
  }));
  for (const name of ["00", "01"]) {
    await Deno.writeFile(`${root}/original/consolidated.${name}.pth`, torchFile(entries));
  }
  await Deno.mkdir(`${root}/types`);
  await Deno.copyFile(`${root}/hf/config.json`, `${root}/types/config.json`);
  const single = layout.parameters.map(({ name, shape }, i) => ({ name, shape, data: all[i] }));
  await writeSafetensors(`${root}/types/model.safetensors`, single);
  const names = [...Deno.readDirSync(`${root}/hf`)].map(({ name }) => name).sort();
  const shard = names.find((name) => name.startsWith("model-"))!;
  return [
    { kind: "safetensors", folder: "hf", file: shard },
    { kind: "safetensors", folder: "types", file: "model.safetensors" },
    { kind: "index", folder: "hf", file: "model.safetensors.index.json", json: true },
    { kind: "gguf", folder: "F32", file: "model.gguf" },
    { kind: "gguf", folder: "Q8_0", file: "model.gguf" },
    { kind: "pth", folder: "original", file: "consolidated.01.pth" },
    { kind: "pth", folder: "original", file: "consolidated.00.pth" },
    { kind: "tokenizer.json", folder: "hf", file: "tokenizer.json", json: true },
    { kind: "tokenizer_config.json", folder: "hf", file: "tokenizer_config.json", json: true },
    { kind: "config.json", folder: "hf", file: "config.json", json: true },
    { kind: "params.json", folder: "original", file: "params.json", json: true },
  ];
}

/** The counts of the damaged files of one kind; `slowest` is in milliseconds. */
export interface FuzzOutcome {
  files: number;
  refused: number;
  read: number;
  slowest: number;
}

/**
 * Damages `count` files one after another and reads each.
 *
 * @throws {Error} with the number of the file, for anything but an error of the SDK
 */
export async function fuzz(
  root: string,
  targets: readonly DamageTarget[],
  count: number,
  seed: number,
): Promise<Record<string, FuzzOutcome>> {
  const outcomes: Record<string, FuzzOutcome> = {};
  const originals = await Promise.all(
    targets.map(({ folder, file }) => Deno.readFile(`${root}/${folder}/${file}`)),
  );
  for (let i = 0; i < count; i++) {
    const { kind, folder, file, json } = targets[i % targets.length];
    const path = `${root}/${folder}/${file}`;
    const original = originals[i % targets.length];
    const random = new Random(seed).fork(String(i));
    const start = performance.now();
    const outcome = outcomes[kind] ??= { files: 0, refused: 0, read: 0, slowest: 0 };
    const bytes = json && random.below(3)
      ? new TextEncoder().encode(mutateJson(new TextDecoder().decode(original), random))
      : mutate(original, random);
    await Deno.writeFile(path, bytes);
    try {
      await readWhole(`${root}/${folder}`);
      outcome.read++;
    } catch (error) {
      if (!(error instanceof LlameroError)) {
        throw new Error(`file ${i} (seed ${seed}, ${kind}): ${(error as Error).stack}`, { cause: error });
      }
      outcome.refused++;
    }
    outcome.files++;
    outcome.slowest = Math.max(outcome.slowest, Math.round(performance.now() - start));
    await Deno.writeFile(path, original);
  }
  return outcomes;
}

async function readWhole(folder: string): Promise<void> {
  const source = await openWeights(folder);
  try {
    for (const matrix of checkWeights(source).values()) {
      await matrix.read(0, elementsOf(matrix.shape) / columnsOf(matrix.shape));
    }
    const tokenizer = await source.tokenizer();
    if (!tokenizer) return;
    tokenizer.decode(
      tokenizer.encode("The llama hums, 12 灌木\n", { special: true }).filter((id) =>
        id < tokenizer.vocabSize
      ),
    );
    if (tokenizer.template) tokenizer.chat([{ role: "user", content: "hm" }], { generationPrompt: true });
  } finally {
    source.close();
  }
}

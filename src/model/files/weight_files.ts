/**
 * The files that hold the weights of a Hugging Face folder, and what to do about a folder that has none.
 *
 * As in transformers model.safetensors comes first, even beside the index of an earlier model in shards; then that index,
 * pytorch_model.bin, and its index.
 *
 * @module
 */
import { z } from "zod";
import { FormatError } from "../../base/errors.ts";
import { linksOut } from "../../formats/open_file.ts";
import { isFile, readJson } from "./json_files.ts";

/** The file of a model whose weights are not sharded. */
export const WEIGHTS_FILE = "model.safetensors";
/** The file that lists the shards of a model, and their tensors. */
export const INDEX_FILE = "model.safetensors.index.json";

const TORCH_FILE = "pytorch_model.bin";
const TORCH_INDEX = "pytorch_model.bin.index.json";

/** The index of a sharded model; it may name only files of its own folder. */
const indexSchema = z.looseObject({
  weight_map: z.record(z.string(), z.string().regex(/^[\w-][\w.-]*\.(safetensors|bin)$/)),
});

/** The weights of a folder. */
interface WeightFiles {
  /** The file that names them, for messages. */
  file: string;
  /** Their paths. */
  paths: string[];
  /** True for files of `torch.save`. */
  torch: boolean;
}

/**
 * Finds the weights of a folder.
 *
 * @throws {FormatError} that says what to do, where there are none, or not all
 */
export async function weightFiles(folder: string): Promise<WeightFiles> {
  for (
    const [single, index, torch] of [[WEIGHTS_FILE, INDEX_FILE, false], [
      TORCH_FILE,
      TORCH_INDEX,
      true,
    ]] as const
  ) {
    if (await isFile(`${folder}/${single}`)) {
      if (await isFile(`${folder}/${index}`)) {
        shardNames(await readJson(`${folder}/${index}`), `${folder}/${index}`);
      }
      return { file: `${folder}/${single}`, paths: [`${folder}/${single}`], torch };
    }
    const file = `${folder}/${index}`;
    if (!await isFile(file)) continue;
    const names = shardNames(await readJson(file), file);
    for (const name of names) await checkShard(folder, name, names.length, index);
    return { file, paths: names.map((name) => `${folder}/${name}`), torch };
  }
  throw new FormatError(`no weights: ${await remedyOf(folder)}`, { file: folder, expected: WEIGHTS_FILE });
}

/**
 * Returns the files that an index names.
 *
 * @throws {FormatError} for names that would lead out of the folder
 */
export function shardNames(json: unknown, file: string): string[] {
  const parsed = indexSchema.safeParse(json);
  const names = new Set(Object.values(parsed.data?.weight_map ?? {}));
  if (names.size > 0) return [...names];
  throw new FormatError("weight_map is missing or names files outside the folder", { file });
}

async function checkShard(folder: string, name: string, count: number, index: string): Promise<void> {
  const file = `${folder}/${name}`;
  if (!await isFile(file)) {
    throw new FormatError(
      `this file is missing, ${index} names it: download all ${count} files of the weights, or remove an index of another model`,
      { file },
    );
  }
  if (await linksOut(folder, file)) {
    throw new FormatError(`this file is a link out of the folder: copy the weights into it`, { file });
  }
}

/** Files that other programs make, and what to do with a folder that holds nothing else. */
const OTHERS: readonly [pattern: RegExp, remedy: (name: string, folder: string) => string][] = [
  [
    /^adapter_model\.|^adapter_config\.json$/,
    () =>
      "the folder holds a LoRA adapter, not a model. Merge it into its base model in Python " +
      "(PeftModel.from_pretrained(base, folder).merge_and_unload().save_pretrained(merged)) and load the result",
  ],
  [
    /\.gguf$/,
    (name, folder) => `the folder holds a GGUF file: give the file, Model.load("${folder}/${name}")`,
  ],
  [
    /^model-\d{5}-of-\d{5}\.safetensors$/,
    () => `the folder holds shards without ${INDEX_FILE}: download that file as well`,
  ],
  [
    /^pytorch_model-\d{5}-of-\d{5}\.bin$/,
    () => `the folder holds shards without ${TORCH_INDEX}: download that file as well`,
  ],
  [/\.safetensors$/, (name) => `the folder holds ${name}: a model's file has the name ${WEIGHTS_FILE}`],
  [/^consolidated\.\d\d\.pth$/, () => "the folder holds a model of the original release without params.json"],
  [
    /\.(bin|pt|pth|ckpt)$/,
    (name) =>
      `the folder holds ${name}: convert it in Python with model.save_pretrained(folder), which writes ${WEIGHTS_FILE}`,
  ],
  [
    /\.onnx(_data)?$/,
    (name) => `the folder holds ${name}, a graph for ONNX: take the repository's safetensors`,
  ],
  [
    /\.(h5|msgpack|npz|tflite|mlmodel|engine)$/,
    (name) => `the folder holds ${name}, weights for another framework: take the repository's safetensors`,
  ],
];

/** Returns what to do with the first of some files that another program made, if there is one. */
export function remedyFor(names: readonly string[], folder: string): string | undefined {
  for (const [pattern, remedy] of OTHERS) {
    const name = names.find((name) => pattern.test(name));
    if (name !== undefined) return remedy(name, folder);
  }
}

/** Returns what to do about a folder without weights. */
export async function remedyOf(folder: string): Promise<string> {
  const kind = await Deno.stat(folder).catch(() => undefined);
  if (!kind) {
    const isAddress = /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(folder);
    const hub = isAddress ? `hf://${folder}` : "hf://owner/name";
    return `there is no such file or folder. A model is made by a Trainer and model.save(folder), or comes from the hub, ` +
      `"${hub}"; in a clone of Llamero, \`deno task quickstart\` and examples/pretrain.ts make one`;
  }
  if (!kind.isDirectory) return "this is a file: give the folder that it is in, or a .gguf file";
  const names: string[] = [];
  const folders: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) (isDirectory ? folders : names).push(name);
  const weights = [WEIGHTS_FILE, INDEX_FILE, TORCH_FILE, TORCH_INDEX].find((name) => names.includes(name));
  if (weights) return `the folder holds ${weights}, but no config.json: download that file as well`;
  const remedy = remedyFor(names.sort(), folder);
  if (remedy) return remedy;
  for (const name of folders.sort()) {
    const inside = ["config.json", "params.json"].map((file) => isFile(`${folder}/${name}/${file}`));
    if ((await Promise.all(inside)).includes(true)) {
      return `the model may be in a folder inside: give "${folder}/${name}"`;
    }
  }
  if (names.length + folders.length === 0) return "the folder is empty: is the download complete?";
  return `the folder holds ${
    names.slice(0, 8).join(", ") || "only folders"
  }. A model has config.json and ${WEIGHTS_FILE}`;
}

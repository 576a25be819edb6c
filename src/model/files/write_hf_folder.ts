/**
 * Writing a model folder in Hugging Face's layout: the weights in one file or in several with an index, config.json and
 * generation_config.json.
 *
 * Files of an earlier owner of the folder that a reader would prefer to the ones written are removed.
 *
 * @module
 */
import { packBlocks } from "../../formats/gguf/gguf_pack.ts";
import { type TensorEntry, writeSafetensors } from "../../formats/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { GenerationSettings } from "../architecture/generation_settings.ts";
import { hfConfigOf } from "./hf_config.ts";
import { fileType, type FolderType, shardsOf } from "./hf_shards.ts";
import { writeText } from "./json_files.ts";
import { INDEX_FILE } from "./weight_files.ts";
import type { ParameterPieces } from "../weights/stream_weights.ts";
import type { Parameter } from "../weights/weight_layout.ts";

/** The content of a folder besides the weights. */
interface HfFolder {
  /** Shape of the model. */
  config: ModelConfig;
  /** Further fields of config.json, and the content of generation_config.json. */
  settings: Required<GenerationSettings>;
  /** Largest file of weights, in bytes; a larger tensor has a file of its own. */
  shardBytes: number;
  /** Number format of the matrices; vectors are f32. */
  dtype: FolderType;
}

/** Files of weights that a reader might take for the model's, or add to it. */
const WEIGHT_NAMES =
  /^(model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?|pytorch_model(-\d{5}-of-\d{5})?\.bin(\.index\.json)?|adapter_config\.json|adapter_model\.(safetensors|bin))$/;

/** Files of a tokenizer beside tokenizer.json and tokenizer_config.json. */
const TOKENIZER_NAMES =
  /^(tokenizer\.model|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\.(jinja|json)|additional_chat_templates)$/;

/** Writes config.json, generation_config.json and the weights; `pieces` come in the order of `parameters`. */
export async function writeHfFolder(
  folder: string,
  { config, settings, shardBytes, dtype }: HfFolder,
  parameters: readonly Parameter[],
  pieces: AsyncGenerator<ParameterPieces>,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const shards = shardsOf(parameters, shardBytes, dtype);
  const written = new Set<string>();
  for (const { name, parameters } of shards) {
    const layout = parameters.map(({ name, shape }) => ({
      name,
      shape,
      dtype: fileType(shape, dtype),
    }));
    await writeSafetensors(`${folder}/${name}`, entriesOf(pieces, parameters, dtype), {
      metadata: { format: "pt" },
      layout,
    });
    written.add(name);
  }
  if (shards.length > 1) {
    const weight_map = Object.fromEntries(
      shards.flatMap((shard) => shard.parameters.map((parameter) => [parameter.name, shard.name])),
    );
    const total_size = shards.reduce((sum, shard) => sum + shard.bytes, 0);
    await writeJson(`${folder}/${INDEX_FILE}`, { metadata: { total_size }, weight_map });
    written.add(INDEX_FILE);
  }
  await removeFiles(folder, (name) => WEIGHT_NAMES.test(name) && !written.has(name));
  await writeJson(`${folder}/config.json`, hfConfigOf(config, settings.config, dtype));
  await writeJson(`${folder}/generation_config.json`, settings.generation);
}

/**
 * Removes the files of an earlier tokenizer that would outrank or complete the one to be written.
 *
 * @param all removes tokenizer.json and tokenizer_config.json as well, for a model that has no tokenizer
 */
export async function removeEarlierTokenizer(folder: string, all: boolean): Promise<void> {
  const own = ["tokenizer.json", "tokenizer_config.json"];
  await removeFiles(folder, (name) => TOKENIZER_NAMES.test(name) || all && own.includes(name));
}

/** Takes the tensors of one file from the stream. */
async function* entriesOf(
  pieces: AsyncGenerator<ParameterPieces>,
  parameters: readonly Parameter[],
  dtype: FolderType,
): AsyncGenerator<TensorEntry> {
  for (const { name, shape } of parameters) {
    const { value } = await pieces.next();
    const data = () => (value as ParameterPieces).data();
    const asHalves = async function* () {
      for await (const piece of data()) yield halvesOf(piece, name);
    };
    yield { name, shape, data: fileType(shape, dtype) === "F16" ? asHalves : data };
  }
}

/**
 * Rounds numbers to halves.
 *
 * @throws {ConfigError} for a number that is too large, naming the weight
 */
function halvesOf(piece: Float32Array<ArrayBuffer>, name: string): Float16Array {
  return new Float16Array(packBlocks("F16", piece, name).buffer);
}

async function removeFiles(folder: string, chosen: (name: string) => boolean): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) if (chosen(name)) names.push(name);
  for (const name of names) await Deno.remove(`${folder}/${name}`, { recursive: true });
}

function writeJson(file: string, json: unknown): Promise<void> {
  return writeText(file, JSON.stringify(json, null, 2) + "\n");
}

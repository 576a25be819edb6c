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
import { hfConfigOf, ownConfigOf } from "./hf_config.ts";
import { fileType, type FolderType, indexText, type ParameterFile, shardsOf } from "./hf_shards.ts";
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
  /** True for a folder that is for this package alone, and may hold parts that are not the paper's. */
  own?: boolean;
}

/** Files of weights that a reader might take for the model's, or add to it. */
const WEIGHT_NAMES =
  /^(model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?|pytorch_model(-\d{5}-of-\d{5})?\.bin(\.index\.json)?|adapter_config\.json|adapter_model\.(safetensors|bin))$/;

/** Files of a tokenizer beside tokenizer.json and tokenizer_config.json. */
const TOKENIZER_NAMES =
  /^(tokenizer\.model|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\.(jinja|json)|additional_chat_templates)$/;

/** A file of weights that is still to be written. */
export interface HfFile extends ParameterFile {
  /** Writes it, out of its parameters in order, which have their whole shapes. */
  write(pieces: AsyncGenerator<ParameterPieces>): Promise<void>;
}

/** Returns the files of the weights of a folder. */
export function hfFiles(
  folder: string,
  { shardBytes, dtype }: Pick<HfFolder, "shardBytes" | "dtype">,
  parameters: readonly Parameter[],
): HfFile[] {
  return shardsOf(parameters, shardBytes, dtype).map((file) => {
    const own = parameters.slice(file.from, file.to);
    const layout = own.map(({ name, shape }) => ({ name, shape, dtype: fileType(shape, dtype) }));
    const write = (pieces: AsyncGenerator<ParameterPieces>) =>
      writeSafetensors(`${folder}/${file.name}`, entriesOf(pieces, own, dtype), {
        metadata: { format: "pt" },
        layout,
      });
    return { ...file, write };
  });
}

/** Writes all but the weights: their index, config.json and generation_config.json; removes weights of an earlier owner. */
export async function completeHfFolder(
  folder: string,
  { config, settings, dtype, own = false }: Omit<HfFolder, "shardBytes">,
  parameters: readonly Parameter[],
  files: readonly HfFile[],
): Promise<void> {
  const written = new Set(files.map(({ name }) => name));
  if (files.length > 1) {
    await writeText(`${folder}/${INDEX_FILE}`, indexText(files, parameters.map(({ name }) => name)));
    written.add(INDEX_FILE);
  }
  await removeFiles(folder, (name) => WEIGHT_NAMES.test(name) && !written.has(name));
  await writeJson(`${folder}/config.json`, (own ? ownConfigOf : hfConfigOf)(config, settings.config, dtype));
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

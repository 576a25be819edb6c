/**
 * Model folders in Hugging Face's layout: config.json, generation_config.json, and model.safetensors or several shards
 * with an index.
 *
 * @module
 */
import { z } from "zod";
import { FormatError } from "../../base/errors.ts";
import type { FileMatrix } from "../../formats/tensors/matrix.ts";
import {
  openSafetensors,
  type SafetensorsFile,
  type TensorEntry,
  writeSafetensors,
} from "../../formats/mod.ts";
import { Tokenizer } from "../../tokenizer/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { isFile, readJson, writeText } from "./json_files.ts";
import { hfConfigOf, readHfConfig } from "./hf_config.ts";
import { shardsOf } from "./hf_shards.ts";
import type { WeightSource } from "../weights/weight_source.ts";
import type { ParameterPieces } from "../weights/stream_weights.ts";
import type { Parameter } from "../weights/weight_layout.ts";

/** The file that lists the shards of a model, and their tensors. */
export const INDEX_FILE = "model.safetensors.index.json";
/** The file of a model whose weights are not sharded. */
export const WEIGHTS_FILE = "model.safetensors";

/** The index of a sharded model; it may name only files of its own folder. */
const indexSchema = z.looseObject({
  weight_map: z.record(z.string(), z.string().regex(/^[\w-][\w.-]*\.safetensors$/)),
});

/**
 * Opens a model folder.
 *
 * @throws {FormatError} naming the file and what is wrong with it
 */
export async function openHfFolder(folder: string): Promise<WeightSource> {
  const config = await readHfConfig(`${folder}/config.json`);
  const files: SafetensorsFile[] = [];
  const close = () => files.forEach((file) => file.close());
  try {
    const tensors = new Map<string, FileMatrix>();
    for (const name of await weightFiles(folder)) {
      const file = await openSafetensors(`${folder}/${name}`);
      files.push(file);
      for (const tensor of file.tensors.keys()) {
        if (tensors.has(tensor)) {
          throw new FormatError(`tensor ${tensor} is in two files`, { file: `${folder}/${name}` });
        }
        tensors.set(tensor, file.matrix(tensor));
      }
    }
    return {
      file: `${folder}/${files.length > 1 ? INDEX_FILE : WEIGHTS_FILE}`,
      config,
      tensors,
      tokenizer,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }

  async function tokenizer(): Promise<Tokenizer | undefined> {
    for (const name of ["tokenizer.json", "tokenizer.model"]) {
      if (await isFile(`${folder}/${name}`)) return await Tokenizer.load(`${folder}/${name}`);
    }
  }
}

async function weightFiles(folder: string): Promise<string[]> {
  const file = `${folder}/${INDEX_FILE}`;
  if (!await isFile(file)) return [WEIGHTS_FILE];
  return shardNames(await readJson(file), file);
}

/**
 * Returns the files that an index names.
 *
 * @throws {FormatError} for names that would lead out of the folder
 */
export function shardNames(json: unknown, file: string): string[] {
  const parsed = indexSchema.safeParse(json);
  if (parsed.success) return [...new Set(Object.values(parsed.data.weight_map))];
  throw new FormatError("weight_map is missing or names files outside the folder", { file });
}

/** The content of a folder besides the weights. */
interface HfFolder {
  /** Shape of the model. */
  config: ModelConfig;
  /** Ids of the tokens that begin and end a document. */
  ids: { bos: number; eos: number };
  /** Largest file of weights, in bytes; a larger tensor has a file of its own. */
  shardBytes: number;
}

/** Writes config.json, generation_config.json and the weights; `pieces` come in the order of `parameters`. */
export async function writeHfFolder(
  folder: string,
  { config, ids, shardBytes }: HfFolder,
  parameters: readonly Parameter[],
  pieces: AsyncGenerator<ParameterPieces>,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const shards = shardsOf(parameters, shardBytes);
  const written = new Set<string>();
  for (const { name, parameters } of shards) {
    const layout = parameters.map(({ name, shape }) => ({ name, shape }));
    await writeSafetensors(`${folder}/${name}`, entriesOf(pieces, parameters), {
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
    await writeText(
      `${folder}/${INDEX_FILE}`,
      JSON.stringify({ metadata: { total_size }, weight_map }, null, 2) + "\n",
    );
    written.add(INDEX_FILE);
  }
  await removeEarlierWeights(folder, written);
  const generation = {
    bos_token_id: ids.bos,
    eos_token_id: ids.eos,
    do_sample: true,
    temperature: 0.8,
    top_p: 0.95,
  };
  await writeText(`${folder}/config.json`, JSON.stringify(hfConfigOf(config, ids), null, 2) + "\n");
  await writeText(`${folder}/generation_config.json`, JSON.stringify(generation, null, 2) + "\n");
}

/** Takes the tensors of one file from the stream. */
async function* entriesOf(
  pieces: AsyncGenerator<ParameterPieces>,
  parameters: readonly Parameter[],
): AsyncGenerator<TensorEntry> {
  for (const { name, shape } of parameters) {
    const { value } = await pieces.next();
    yield { name, shape, data: () => (value as ParameterPieces).data() };
  }
}

/** Removes the weights of an earlier save under other names, which would be read instead of these. */
async function removeEarlierWeights(folder: string, written: ReadonlySet<string>): Promise<void> {
  const ownNames = /^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$/;
  for await (const { name } of Deno.readDir(folder)) {
    if (ownNames.test(name) && !written.has(name)) await Deno.remove(`${folder}/${name}`);
  }
}

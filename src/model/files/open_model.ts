/**
 * Which format lies at a path: a GGUF file, a Hugging Face folder, or one of the original release.
 *
 * @module
 */
import { isFile } from "./json_files.ts";
import { openHfFolder } from "./hf_folder.ts";
import { openOriginal, PARAMS } from "./meta_release.ts";
import { openGgufModel } from "./gguf/read.ts";
import type { WeightSource } from "../weights/weight_source.ts";

/** What `Model.save` calls its GGUF file in a folder. */
export const GGUF_FILE = "model.gguf";

/**
 * Opens a checkpoint in any of the formats that are read here.
 *
 * @throws {FormatError} when nothing is there, or naming what is wrong with it
 */
export async function openSource(path: string): Promise<WeightSource> {
  const folder = path.replace(/(?<=.)[/\\]+$/, "");
  if (folder.endsWith(".gguf")) return await openGgufModel(folder);
  if (await isFile(`${folder}/config.json`)) return await openHfFolder(folder);
  if (await isFile(`${folder}/${GGUF_FILE}`)) return await openGgufModel(`${folder}/${GGUF_FILE}`);
  if (await isFile(`${folder}/${PARAMS}`)) return await openOriginal(folder);
  return await openHfFolder(folder);
}

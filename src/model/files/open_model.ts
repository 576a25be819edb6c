/**
 * Opening a checkpoint in any format: a GGUF file, a Hugging Face folder, or a folder of the original release.
 *
 * @module
 */
import { isFile } from "./json_files.ts";
import { openHfFolder } from "./hf_folder.ts";
import { openMetaRelease, PARAMS } from "./meta_release.ts";
import { openGgufModel } from "./gguf/read.ts";
import type { WeightSource } from "../weights/weight_source.ts";

/** The name of the GGUF file that `model.save` writes into a folder. */
export const GGUF_FILE = "model.gguf";

/**
 * Opens the checkpoint at a path; the files that are there decide the format.
 *
 * @throws {FormatError} when there is no checkpoint, or naming what is wrong with it
 */
export async function openWeights(path: string): Promise<WeightSource> {
  const folder = path.replace(/(?<=.)[/\\]+$/, "");
  if (folder.endsWith(".gguf")) return await openGgufModel(folder);
  if (await isFile(`${folder}/config.json`)) return await openHfFolder(folder);
  if (await isFile(`${folder}/${GGUF_FILE}`)) return await openGgufModel(`${folder}/${GGUF_FILE}`);
  if (await isFile(`${folder}/${PARAMS}`)) return await openMetaRelease(folder);
  return await openHfFolder(folder);
}

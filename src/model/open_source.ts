/**
 * Which format lies at a path: a Hugging Face folder.
 *
 * @module
 */
import { openHfFolder } from "./hf_folder.ts";
import type { WeightSource } from "./source.ts";

/**
 * Opens a checkpoint in any of the formats that are read here.
 *
 * @throws {FormatError} when nothing is there, or naming what is wrong with it
 */
export async function openSource(path: string): Promise<WeightSource> {
  const folder = path.replace(/(?<=.)[/\\]+$/, "");
  return await openHfFolder(folder);
}

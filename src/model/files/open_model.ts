/**
 * Opening a checkpoint in any format: a GGUF file, a Hugging Face folder, or a folder of the original release.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { ggufIn } from "../../formats/gguf/gguf_parts.ts";
import { needlessFactor } from "./check_fit.ts";
import { checkDownload, isFile } from "./json_files.ts";
import { openHfFolder } from "./hf_folder.ts";
import { openMetaRelease, PARAMS } from "./meta_release.ts";
import { openGgufModel } from "./gguf/read.ts";
import { remedyOf } from "./weight_files.ts";
import type { WeightSource } from "../weights/weight_source.ts";

/** The name of the GGUF file that `model.save` writes into a folder. */
export const GGUF_FILE = "model.gguf";

/**
 * Opens the checkpoint at a path; the files that are there decide the format.
 *
 * @param options `ropeFactor` is the factor of the rotary scaling where the files do not state it
 * @throws {FormatError} when there is no checkpoint, or naming what is wrong with it
 * @throws {ConfigError} for a `ropeFactor` that the files need, or do not take
 */
export async function openWeights(
  path: string,
  { ropeFactor }: { ropeFactor?: number } = {},
): Promise<WeightSource> {
  const folder = path.replace(/(?<=.)[/\\]+$/, "");
  const has = (name: string) => isFile(`${folder}/${name}`);
  const named = folder.endsWith(".gguf")
    ? folder
    : await has(GGUF_FILE)
    ? `${folder}/${GGUF_FILE}`
    : undefined;
  const hasConfig = await has("config.json");
  if (!named && !hasConfig && await has(PARAMS)) {
    return await openMetaRelease(folder, ropeFactor);
  }
  if (ropeFactor !== undefined) throw needlessFactor("the files state the rotary scaling themselves");
  if (hasConfig) return await openHfFolder(folder);
  const gguf = named ?? await ggufIn(folder);
  if (gguf && await isFile(gguf)) {
    await checkDownload(gguf);
    return await openGgufModel(gguf);
  }
  throw new FormatError(`Cannot load a model from ${path}: ${await remedyOf(folder)}`, {
    file: path,
    expected: "config.json",
  });
}

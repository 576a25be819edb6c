/**
 * The small text files of a model folder.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { writeAtomically } from "../../formats/mod.ts";

/** Largest text file that is read, far more than any configuration or list of shards has. [ours] */
const largest = 64e6;

/**
 * Reads a JSON file of a model folder.
 *
 * @throws {FormatError} where there is none, or it is something else
 */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    const { size, isFile } = await Deno.stat(file);
    if (!isFile || size > largest) throw new FormatError(`not a file of at most ${largest} bytes`, { file });
    text = await Deno.readTextFile(file);
  } catch (cause) {
    if (!isAbsent(cause)) throw cause;
    throw new FormatError("no such file: is this a model folder?", { file, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`not valid JSON: ${(cause as Error).message}`, { file, cause });
  }
}

/** There is no such file, or what should be its folder is a file. */
function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** Whether a file is there. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Writes a text file aside and renames it: a reader sees the old one or the new one. */
export function writeText(path: string, text: string): Promise<void> {
  return writeAtomically(path, (write) => write(new TextEncoder().encode(text)));
}

/**
 * Reading of whole text files whose format demands UTF-8, such as JSON: other encodings are refused, never guessed.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";

/** Bytes of the largest file that is read, several times the largest vocabulary in use. [ours] */
const MAX_BYTES = 256e6;

/**
 * Reads a text file in UTF-8.
 *
 * @param options `keepsMark` keeps a byte order mark in front, as Python does
 * @throws {FormatError} for a folder or a device, and for a file that is too large or not UTF-8
 */
export async function readUtf8(file: string, { keepsMark = false } = {}): Promise<string> {
  const { size, isFile } = await Deno.stat(file);
  if (!isFile) throw new FormatError("Cannot read the file: it is a folder or a device", { file });
  if (size > MAX_BYTES) {
    throw new FormatError(`Cannot read the file: it has ${size} bytes, at most ${MAX_BYTES} are read`, {
      file,
    });
  }
  const bytes = await Deno.readFile(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepsMark }).decode(bytes);
  } catch (cause) {
    throw new FormatError("Cannot read the file: it is no text in UTF-8. Is it the right file?", {
      file,
      cause,
    });
  }
}

/**
 * Recognition of files that are not text, by their first bytes and by zero bytes.
 *
 * @module
 */
import { markedEncoding } from "./detect_encoding.ts";

/** The first bytes of common kinds of files, in hexadecimal, and their names. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^255044462d/, "a PDF"],
  [/^89504e470d0a/, "a PNG picture"],
  [/^ffd8ff/, "a JPEG picture"],
  [/^474946383[79]61/, "a GIF picture"],
  [/^52494646.{8}57454250/, "a WebP picture"],
  [/^(49492a00|4d4d002a)/, "a TIFF picture"],
  [/^504b0304/, "a ZIP archive or an office document"],
  [/^d0cf11e0a1b11ae1/, "an old office document"],
  [/^7b5c727466/, "an RTF document"],
  [/^25215053/, "a PostScript document"],
  [/^7f454c46/, "a program"],
  [/^50415231[01]/, "a Parquet file"],
  [/^4152524f573100/, "an Arrow file"],
  [/^53514c69746520666f726d6174203300/, "a SQLite database"],
  [/^474755460[1-9]00/, "a GGUF model"],
  [/^(4944330[2-4]00|fffb[0-9a-f]0|4f67675300|664c614300)/, "a sound"],
];

/** Bytes at the start of a file in which control characters are counted. [ours] */
const searchedBytes = 1 << 20;

/**
 * Returns the kind of a file that is not text; undefined for text. Text has no zero bytes, except as UTF-16, and less
 * than one control character in a hundred bytes.
 *
 * @param encoding the encoding that was named or detected
 */
export function notText(start: Uint8Array, encoding: string): string | undefined {
  if (markedEncoding(start) === "utf-32") return "UTF-32, which is not read: convert it to UTF-8";
  const head = start.subarray(0, 16).toHex();
  const kind = marks.find(([mark]) => mark.test(head))?.[1];
  if (kind || encoding.startsWith("utf-16")) return kind;
  if (start.includes(0)) return "bytes with zeros among them";
  let controls = 0;
  const end = Math.min(start.length, searchedBytes);
  for (let at = 0; at < end; at++) {
    const byte = start[at];
    if (byte < 7 || (byte > 13 && byte < 32 && byte !== 27 && byte !== 26)) controls++;
  }
  return controls * 100 > end ? "bytes with many control characters among them" : undefined;
}

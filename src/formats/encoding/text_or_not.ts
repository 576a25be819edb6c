/**
 * Recognition of files that are not text, by their first bytes and by zero bytes.
 *
 * @module
 */
import { markedEncoding } from "./detect_encoding.ts";

/** The first bytes of common kinds of files, one character each, and their names. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^%PDF-/, "a PDF"],
  [/^\x89PNG\r\n/, "a PNG picture"],
  [/^\xff\xd8\xff/, "a JPEG picture"],
  [/^GIF8[79]a/, "a GIF picture"],
  [/^RIFF[^]{4}WEBP/, "a WebP picture"],
  [/^(II\*\0|MM\0\*)/, "a TIFF picture"],
  [/^PK\x03\x04/, "a ZIP archive or an office document"],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, "an old office document"],
  [/^\{\\rtf/, "an RTF document"],
  [/^%!PS/, "a PostScript document"],
  [/^\x7fELF/, "a program"],
  [/^PAR1/, "a Parquet file"],
  [/^ARROW1/, "an Arrow file"],
  [/^SQLite format 3\0/, "a SQLite database"],
  [/^GGUF/, "a GGUF model"],
  [/^(ID3|\xff\xfb|OggS|fLaC)/, "a sound"],
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
  const head = String.fromCharCode(...start.subarray(0, 16));
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

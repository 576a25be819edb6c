/**
 * SentencePiece's table of character replacements, `precompiled_charsmap`: a double-array trie and the replacements.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";

/** The longest group of characters that is looked up as a whole, in UTF-8 bytes, as in Hugging Face's Rust library. */
const MAX_GROUP_BYTES = 5;

/**
 * Returns the function that replaces the characters of a text by the table.
 *
 * @param base64 the table: the size of the trie in bytes as 32 bits, the trie, and replacements that end in a zero byte
 * @throws {FormatError} for a damaged table
 */
export function charactersMap(base64: string, file: string): (text: string) => string {
  const { trie, replacements } = tableOf(base64, file);
  const utf8 = new TextEncoder();
  const decoder = new TextDecoder();
  const groups = new Intl.Segmenter("en", { granularity: "grapheme" });
  const lookUp = (text: string): string | undefined => {
    const start = firstMatch(trie, utf8.encode(text));
    if (start === undefined) return undefined;
    const end = replacements.indexOf(0, start);
    return decoder.decode(replacements.subarray(start, end < 0 ? undefined : end));
  };
  return (text) => {
    const parts: string[] = [];
    for (const { segment } of groups.segment(text)) {
      const whole = utf8.encode(segment).length <= MAX_GROUP_BYTES ? lookUp(segment) : undefined;
      if (whole !== undefined) parts.push(whole);
      else for (const char of segment) parts.push(lookUp(char) ?? char);
    }
    return parts.join("");
  };
}

function tableOf(base64: string, file: string): { trie: Uint32Array; replacements: Uint8Array } {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const size = new DataView(bytes.buffer).getUint32(0, true);
    if (size % 4 !== 0 || size + 4 > bytes.length) throw new RangeError("the trie is cut off");
    return { trie: new Uint32Array(bytes.slice(4, 4 + size).buffer), replacements: bytes.subarray(4 + size) };
  } catch (cause) {
    throw new FormatError(
      `Cannot use the tokenizer: its precompiled_charsmap is damaged: ${(cause as Error).message}`,
      { file, cause },
    );
  }
}

/** Returns the value of the shortest key of the trie that `key` begins with. */
function firstMatch(trie: Uint32Array, key: Uint8Array): number | undefined {
  let node = offsetOf(trie[0]);
  for (const byte of key) {
    node ^= byte;
    const unit = trie[node];
    if (byte === 0 || unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    node ^= offsetOf(unit);
    if ((unit >>> 8) & 1) return trie[node] & 0x7fffffff;
  }
  return undefined;
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 512) >>> 6);
}

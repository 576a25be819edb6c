/**
 * Encoding that loses nothing. SentencePiece reads a literal U+2581 as a space and broken Unicode as U+FFFD; where
 * that must not happen, the first is written as its bytes and the second refused.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import type { Codec } from "./codec.ts";
import { byteName } from "./llama/pieces.ts";
import { SPACE } from "./llama/pretokenize.ts";

/**
 * Ids of `text` that decode to `text`: those of `codec.encode` where they do, else with U+2581 as three bytes.
 *
 * @throws {DataError} for a lone surrogate, and for a text that the vocabulary cannot write
 */
export function encodeExactly(codec: Codec, text: string): number[] {
  const plain = codec.encode(text);
  if (!text.includes(SPACE) && codec.decode(plain, {}) === text) return plain;
  const escaped = withBytes(codec, text);
  const found = [plain, escaped].find((ids) => ids && codec.decode(ids, {}) === text);
  if (found !== undefined) return found;
  throw new DataError(`Cannot encode the text exactly: ${obstacle(text)}, encode it without exact`);
}

/** The stretches between U+2581 go on where the one before ended; undefined for a vocabulary without bytes. */
function withBytes(codec: Codec, text: string): number[] | undefined {
  const bytes = Array.from(new TextEncoder().encode(SPACE), (byte) => codec.idOf(byteName(byte)));
  if (bytes.includes(undefined)) return undefined;
  const [first, ...rest] = text.split(SPACE);
  const ids = codec.encode(first);
  for (const part of rest) {
    for (const id of [...bytes as number[], ...codec.encode(part, true)]) ids.push(id);
  }
  return ids;
}

function obstacle(text: string): string {
  const at = [...text].findIndex((char) => !char.isWellFormed());
  if (at >= 0) return `character ${at} is a lone surrogate, which no bytes can stand for`;
  return "the vocabulary has no tokens for some of its characters";
}

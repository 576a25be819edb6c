/**
 * Lossless encoding, the option `exact` of `encode`.
 *
 * SentencePiece reads a literal U+2581 as a space and a lone surrogate as U+FFFD. Here U+2581 becomes its three bytes,
 * and a lone surrogate is an error.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import type { Codec } from "./codec.ts";
import { byteName } from "./llama/pieces.ts";
import { SPACE } from "./llama/pretokenize.ts";

/** A way to encode a text. */
type Encode = (text: string) => number[];

/**
 * Returns ids that decode to `text`: those of `codec.encode` if they do, else ids without the space in front, with one
 * more that decoding removes, without added tokens, or with U+2581 as three bytes.
 *
 * @throws {DataError} for a lone surrogate, and for a text that the vocabulary cannot represent
 */
export function encodeLossless(codec: Codec, text: string): number[] {
  for (const bare of [false, true]) {
    const ways: Encode[] = [
      (text) => codec.encode(text, false, bare),
      (text) => codec.encode(text, true, bare),
      (text) => codec.encode(" " + text, true, bare),
    ];
    for (const way of ways) {
      const ids = way(text);
      if (codec.decode(ids, {}) === text) return ids;
    }
    for (const way of text.includes(SPACE) ? ways : []) {
      const ids = withBytes(codec, text, way, bare);
      if (ids && codec.decode(ids, {}) === text) return ids;
    }
  }
  throw new DataError(`Cannot encode the text exactly: ${obstacle(text)}; encode it without exact`);
}

/** Encodes each U+2581 as bytes and the text between as continuations; undefined for a vocabulary without bytes. */
function withBytes(codec: Codec, text: string, encode: Encode, bare: boolean): number[] | undefined {
  const bytes = Array.from(new TextEncoder().encode(SPACE), (byte) => codec.idOf(byteName(byte)));
  if (bytes.includes(undefined)) return undefined;
  const [first, ...rest] = text.split(SPACE);
  const ids = encode(first);
  for (const part of rest) {
    for (const id of [...bytes as number[], ...codec.encode(part, true, bare)]) ids.push(id);
  }
  return ids;
}

function obstacle(text: string): string {
  const at = [...text].findIndex((char) => !char.isWellFormed());
  if (at >= 0) return `character ${at} is a lone surrogate, which has no UTF-8 bytes`;
  return "the vocabulary has no tokens for some of its characters";
}

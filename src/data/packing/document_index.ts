/**
 * The index of a token shard: where each document begins and how many bytes of text came before it.
 *
 * It holds one record of two float64 per document and one for the end. It stays on disk; a window finds its documents by
 * binary search, about 20 reads of 16 bytes for a million documents.
 *
 * @module
 */
import type { ShardReader } from "../../formats/shard_file.ts";

/** Bytes of one record. */
export const borderBytes = 16;

/** A document in the token stream. */
export interface Span {
  /** Position of its first token. */
  start: number;
  /** Position behind its last token. */
  end: number;
  /** Bytes of text of all documents before it. */
  bytesBefore: number;
  /** Bytes of its own text. */
  bytes: number;
}

/** Finds documents in an index. */
export class DocumentIndex {
  readonly #reader: ShardReader;

  /** Makes the index of an open shard of kind `borders`. */
  constructor(reader: ShardReader) {
    this.#reader = reader;
  }

  /** The length of the stream: all tokens and all bytes of text. */
  get total(): { tokens: number; bytes: number } {
    const [tokens, bytes] = this.#read(this.#reader.records - 1, 1);
    return { tokens, bytes };
  }

  /** Returns the documents that reach into positions `from` to `to`. */
  spans(from: number, to: number): Span[] {
    const spans: Span[] = [];
    const step = 64;
    let end = from;
    for (let next = this.#documentAt(from); end < to && next + 1 < this.#reader.records; next += step) {
      const count = Math.min(step + 1, this.#reader.records - next);
      const records = this.#read(next, count);
      for (let i = 0; i + 1 < count && end < to; i++) {
        const [start, bytesBefore, after, bytesAfter] = records.subarray(2 * i, 2 * i + 4);
        spans.push({ start, end: after, bytesBefore, bytes: bytesAfter - bytesBefore });
        end = after;
      }
    }
    return spans;
  }

  /** Returns the number of documents that start before position `to`, at least 1. */
  countTo(to: number): number {
    return this.#documentAt(to - 1) + 1;
  }

  /** Returns the number of the document that holds `position`: the last one that starts at or before it. */
  #documentAt(position: number): number {
    let low = 0;
    let high = this.#reader.records - 2;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#read(middle, 1)[0] <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #read(start: number, count: number): Float64Array {
    return new Float64Array(this.#reader.read(start, count).buffer);
  }
}

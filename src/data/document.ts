/**
 * What flows through a dataset: documents, rows and conversations.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import { show } from "../base/schema.ts";
import type { Message } from "../base/encoder.ts";

export type { Row } from "../formats/records/jsonl.ts";

/** A text with its origin: a page, a file, a book, a chapter. */
export interface Document {
  /** The text itself. */
  text: string;
  /** Where it came from: a path, or the name of a sample. */
  source: string;
  /** What tells it from all others: by default its path and record number. Splits depend on it alone. */
  id: string;
  /** Everything else that is known about it. */
  meta?: Record<string, unknown>;
}

/** A dialogue to learn the assistant's side of. */
export interface Conversation {
  /** The turns in order. */
  messages: Message[];
  /** Where it came from. */
  source: string;
}

/** Where a record stands, as an error names it. */
export interface SourceLocation {
  /** The file. */
  file?: string;
  /** Its line, counted from 1. */
  line?: number;
  /** Name of the reader or of the mixture source. */
  source?: string;
}

/** A value on its way through a plan, with the identity it was read with. */
export interface Entry<T> {
  /** The record. */
  readonly value: T;
  /** Path (or reader) and record number: the id of records that carry none of their own. */
  readonly id: string;
  /** Where it was read. */
  readonly place: SourceLocation;
  /** What the step before made of it for the next one alone, such as hashes. */
  readonly sketch?: unknown;
}

/** The id that decides where a record goes in a split: its own, else the one it was read with. */
export function idOf(entry: Entry<unknown>): string {
  const own = (entry.value as { id?: unknown } | null)?.id;
  return typeof own === "string" ? own : entry.id;
}

/**
 * The record as a document.
 *
 * @throws {DataError} naming record and field when it has no text
 */
export function asDocument(entry: Entry<unknown>): Document {
  const value = entry.value as Partial<Document> | null;
  if (typeof value?.text === "string") return value as Document;
  throw wrongField(
    entry,
    "text",
    `must be a string, current value is ${show(value?.text)}; name the field when reading, ` +
      `such as Dataset.jsonl(path, { text: "content" }), or make it with map`,
  );
}

/** A record whose field is not what a step needs. */
export function wrongField(entry: Entry<unknown>, field: string, problem: string): DataError {
  const record = entry.place.line === undefined ? `record ${entry.id}: ` : "";
  return new DataError(`${record}field ${field} ${problem}`, entry.place);
}

/**
 * Bytes of `text` in UTF-8: the unit of mixture weights and of bits per byte. Counted, not encoded;
 * a lone surrogate counts 3, which is what it is encoded as.
 */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x7f) continue;
    bytes += unit <= 0x7ff ? 1 : 2;
    if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) bytes -= 2;
  }
  return bytes;
}

/**
 * Records of a dataset: documents, rows and conversations.
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
  /** Its origin: a path, or the name of a sample. */
  source: string;
  /** Its unique name; default: path and record number. Splits depend on it alone. */
  id: string;
  /** Other facts about it. */
  meta?: Record<string, unknown>;
}

/** A dialogue whose assistant's answers are learned. */
export interface Conversation {
  /** The turns in order. */
  messages: Message[];
  /** Its origin: a path, or the name of a reader. */
  source: string;
}

/** The place of a record, as an error names it. */
export interface SourceLocation {
  /** The file. */
  file?: string;
  /** Its line, counted from 1. */
  line?: number;
  /** Name of the reader or of the mixture source. */
  source?: string;
}

/** A record on its way through a pass. */
export interface Entry<T> {
  /** The record. */
  readonly value: T;
  /** Path (or reader) and record number: the id of records without an id of their own. */
  readonly id: string;
  /** The place where it was read. */
  readonly place: SourceLocation;
}

/** Returns the id that decides the part of a split: the record's own, else the one of its entry. */
export function idOf(entry: Entry<unknown>): string {
  const own = (entry.value as { id?: unknown } | null)?.id;
  return typeof own === "string" ? own : entry.id;
}

/**
 * Returns the record as a document.
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

/** Makes the error for a record whose field is not as a step needs it. */
export function wrongField(entry: Entry<unknown>, field: string, problem: string): DataError {
  const record = entry.place.line === undefined ? `record ${entry.id}: ` : "";
  return new DataError(`${record}field ${field} ${problem}`, entry.place);
}

/**
 * Returns the bytes of `text` in UTF-8, the unit of mixture weights and of bits per byte. A lone surrogate counts 3, the
 * bytes of the replacement character.
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

/** Returns the UTF-8 bytes of text in a record: of a document's text, or a conversation's contents; 0 for anything else. */
export function textBytes(value: unknown): number {
  const { text, messages } = (value ?? {}) as Partial<Document> & Partial<Conversation>;
  if (typeof text === "string") return utf8Bytes(text);
  return Array.isArray(messages) ? messages.reduce((sum, { content }) => sum + utf8Bytes(content), 0) : 0;
}

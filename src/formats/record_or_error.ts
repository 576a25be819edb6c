/**
 * The items of a file reader: whole records and descriptions of broken ones.
 *
 * A broken record does not end the reading: the caller counts it, reports its location and goes on.
 *
 * @module
 */

/** A record that is broken. */
export interface BrokenRecord {
  /** Description of the problem, such as `not JSON: Unexpected end of input`. */
  problem: string;
  /** Kind of the problem, by which it is counted, such as `not text`; default `unreadable`. */
  reason?: string;
  /** Byte of the file at which the problem begins, where it is known. */
  offset?: number;
  /** Number of its line, from 1; only in formats with lines. */
  line?: number;
  /** The first characters of its text. */
  text?: string;
}

/** A record that was read whole. */
interface WholeRecord<T> {
  /** The record. */
  value: T;
  /** Number of its first line, from 1; only in formats with lines. */
  line?: number;
}

/** A whole record or a broken one. */
export type RecordOrError<T> = WholeRecord<T> | BrokenRecord;

/** Returns true for a broken record. */
export function isBrokenRecord(item: object): item is BrokenRecord {
  return "problem" in item;
}

/** Shortens the text of a broken record to 200 characters. */
export function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

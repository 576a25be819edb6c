/**
 * What a reader finds in a file: a record, or a place where one is broken.
 *
 * A broken record ends nothing: whoever reads counts it, tells where it stands and goes on.
 *
 * @module
 */

/** A record that is broken. */
export interface BrokenRecord {
  /** What is wrong with it, such as `not JSON: Unexpected end of input`. */
  problem: string;
  /** Its line, counted from 1, where the format has lines. */
  line?: number;
  /** The beginning of it. */
  text?: string;
}

/** A record that is whole. */
export interface Whole<T> {
  /** The record. */
  value: T;
  /** The line it begins on, counted from 1, where the format has lines. */
  line?: number;
}

/** A record or a problem. */
export type RecordOrError<T> = Whole<T> | BrokenRecord;

/** Whether it is a problem. */
export function isBrokenRecord(found: object): found is BrokenRecord {
  return "problem" in found;
}

/** The beginning of a broken record, for whoever looks at it. */
export function beginning(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

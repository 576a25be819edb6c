/**
 * Reader of JSON Lines: one JSON object per line, UTF-8, blank lines skipped.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { excerpt, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import { findLines } from "./lines.ts";

/** A JSON object from a file, with unchecked fields. */
export type Row = Record<string, unknown>;

/** Reads the rows of `path` with their line numbers, from 1; a line that is not a JSON object is a broken record. */
export async function* findJsonl(path: string): AsyncGenerator<RecordOrError<Row>> {
  for await (const found of findLines(path)) {
    if (isBrokenRecord(found)) yield found;
    else if (found.value.trim() !== "") yield { ...parseRow(found.value), line: found.line };
  }
}

function parseRow(text: string): RecordOrError<Row> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: value as Row };
    return { problem: `not a JSON object but ${show(value)}`, text: excerpt(text) };
  } catch (cause) {
    return { problem: `not JSON: ${(cause as Error).message}`, text: excerpt(text) };
  }
}

/**
 * JSON Lines: one JSON object a line, UTF-8, blank lines skipped.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { beginning, type Found, isFlaw } from "../record_or_error.ts";
import { findLines } from "./lines.ts";

/** A JSON object as it stands in a file: nothing is known about its fields. */
export type Row = Record<string, unknown>;

/** The rows of `path` with their line numbers, counted from 1; a line that is not a JSON object is a flaw. */
export async function* findJsonl(path: string): AsyncGenerator<Found<Row>> {
  for await (const found of findLines(path)) {
    if (isFlaw(found)) yield found;
    else if (found.value.trim() !== "") yield { ...parseRow(found.value), line: found.line };
  }
}

function parseRow(text: string): Found<Row> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: value as Row };
    return { flaw: `no JSON object but ${show(value)}`, text: beginning(text) };
  } catch (cause) {
    return { flaw: `not JSON: ${(cause as Error).message}`, text: beginning(text) };
  }
}

/**
 * JSON Lines: one JSON object a line, UTF-8, blank lines skipped.
 *
 * @module
 */
import { show } from "../base/schema.ts";
import { DataError } from "../base/errors.ts";
import { readLines } from "./lines.ts";

/** A JSON object as it stands in a file: nothing is known about its fields. */
export type Row = Record<string, unknown>;

/**
 * The rows of `path` with their line numbers, counted from 1.
 *
 * @throws {DataError} naming file and line when a line is not a JSON object
 */
export async function* readJsonl(path: string): AsyncGenerator<{ row: Row; line: number }> {
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() !== "") yield { row: parseRow(text, path, line), line };
  }
}

function parseRow(text: string, file: string, line: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`Cannot read the line as JSON: ${(cause as Error).message}`, { file, line, cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DataError(`Each line must be a JSON object, current value is ${show(value)}`, { file, line });
  }
  return value as Row;
}

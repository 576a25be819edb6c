/**
 * Comma- and tab-separated files (RFC 4180): quoted fields may hold separators, quotes and line breaks. Every value
 * stays a text, also `NA`, `None` and `=1+1`.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";

/** A record and the line it begins on, counted from 1. */
export interface CsvRecord {
  /** Its fields, left to right. */
  fields: string[];
  /** Its first line. */
  line: number;
}

/**
 * The records of `text`; blank lines are skipped.
 *
 * @throws {DataError} with the line of a quote that is not closed, or of text behind a closed one
 */
export function* csvRecords(text: string, separator: string, file?: string): Generator<CsvRecord> {
  const plain = new RegExp(`[^${separator}\n]*`, "y"), quoted = /"([^"]*(?:""[^"]*)*)"/y;
  let at = 0, line = 1, begun = 1, fields: string[] = [];
  while (at < text.length) {
    const pattern = text[at] === '"' ? quoted : plain;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) throw new DataError("a quote is opened and not closed", { file, line });
    const value = found[1]?.replaceAll('""', '"') ?? found[0].replace(/\r$/, "");
    fields.push(value);
    at += found[0].length;
    line += found[0].split("\n").length - 1;
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    if (at < text.length && text[at] !== separator && text[at] !== "\n") {
      throw new DataError("text stands behind a closing quote", { file, line });
    }
    if (text[at] === separator) {
      if (++at === text.length) fields.push("");
      else if (text[at] !== "\n") continue;
      else fields.push("");
    }
    at++;
    if (fields.length > 1 || fields[0] !== "") yield { fields, line: begun };
    fields = [];
    begun = ++line;
  }
  if (fields.length) yield { fields, line: begun };
}

/**
 * The records as rows under `columns`, or under the names of the first record.
 *
 * @throws {DataError} with file and line for a record with another number of fields
 */
export function* csvRows(
  text: string,
  separator: string,
  file: string,
  columns?: readonly string[],
): Generator<{ row: Record<string, string>; line: number }> {
  let names = columns;
  for (const { fields, line } of csvRecords(text, separator, file)) {
    if (names === undefined) {
      names = fields;
      continue;
    }
    if (fields.length !== names.length) {
      const many = `${names.length} fields (${names.join(", ")})`;
      throw new DataError(`a record must have ${many}, this one has ${fields.length}`, { file, line });
    }
    yield { row: Object.fromEntries(names.map((name, i) => [name, fields[i]])), line };
  }
}

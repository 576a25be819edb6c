/**
 * Comma- and tab-separated values (RFC 4180): fields may be quoted, and a quoted one may hold separators, line ends
 * and doubled quotes. The first record names the fields, unless their names are given.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { beginning, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import type { Row } from "./jsonl.ts";
import { findLines, type TextEncoding } from "./lines.ts";

/** How the values stand in the file. */
export interface CsvFormat extends TextEncoding {
  /** What separates fields, one character; default: a tab in `.tsv` files, else a comma. */
  separator?: string;
  /** Names of the fields of a file whose first record is one like the others. */
  columns?: readonly string[];
}

/** Lines that one quoted field may run over; beyond, a quote was never closed. [ours] */
const mostLines = 1000;

/**
 * The rows of `path`, all values strings, with the lines they begin on. A record with another number of fields than
 * the first one, or with a quote that is out of place, is a problem.
 *
 * @throws {DataError} when the file cannot be read or its first record cannot name fields
 */
export async function* findCsv(path: string, format: CsvFormat = {}): AsyncGenerator<RecordOrError<Row>> {
  const separator = format.separator ?? (/\.tsv(\.\w+)?$/i.test(path) ? "\t" : ",");
  let names = format.columns;
  for await (const found of records(path, separator, format)) {
    if (isBrokenRecord(found)) yield found;
    else if (names === undefined) names = checkNames(found.value, path);
    else if (found.value.length === names.length) {
      yield { value: Object.fromEntries(names.map((name, i) => [name, found.value[i]])), line: found.line };
    } else {
      const problem = `a record of ${found.value.length} fields where ${names.length} are named`;
      yield { problem, line: found.line, text: beginning(found.value.join(separator)) };
    }
  }
}

function checkNames(names: string[], file: string): string[] {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice === undefined) return names;
  throw new DataError(`Cannot read the file as CSV: its first line names ${JSON.stringify(twice)} twice`, {
    file,
    line: 1,
  });
}

async function* records(
  path: string,
  separator: string,
  format: CsvFormat,
): AsyncGenerator<RecordOrError<string[]>> {
  let begun: string[] = [];
  let from = 0;
  let open = false;
  const record = (): RecordOrError<string[]> => {
    const text = begun.join("\n");
    const fields = open ? undefined : fieldsOf(text, separator);
    begun = [];
    if (fields) return { value: fields, line: from };
    const problem = open
      ? `a quote that is not closed within ${mostLines} lines`
      : "a quote that is out of place";
    open = false;
    return { problem, line: from, text: beginning(text) };
  };
  for await (const found of findLines(path, format)) {
    if (isBrokenRecord(found)) yield found;
    else if (found.value !== "" || open) {
      if (begun.length === 0) from = found.line!;
      begun.push(found.value);
      if (quotesIn(found.value) % 2) open = !open;
      if (!open || begun.length === mostLines) yield record();
    }
  }
  if (begun.length) yield record();
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

/** The fields of a record; undefined when a quote stands where none may. */
function fieldsOf(text: string, separator: string): string[] | undefined {
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  for (let at = 0; at <= text.length; at++) {
    if (text[at] !== '"') {
      const next = text.indexOf(separator, at);
      const end = next < 0 ? text.length : next;
      fields.push(text.slice(at, end));
      at = end;
    } else {
      let end = text.indexOf('"', at + 1);
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
      if (end < 0 || (end + 1 < text.length && text[end + 1] !== separator)) return undefined;
      fields.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
      if (at === text.length) break;
    }
  }
  return fields;
}

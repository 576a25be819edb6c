/**
 * Reader of comma- and tab-separated values (RFC 4180).
 *
 * A quoted field may hold separators, line ends and doubled quotes. The first record names the fields unless `columns`
 * does.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { excerpt, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import type { Row } from "./jsonl.ts";
import { findLines, type TextEncoding } from "./lines.ts";

/** Format options of a CSV file. */
interface CsvFormat extends TextEncoding {
  /** The one character between fields; default: a tab in `.tsv` files, else a comma. */
  separator?: string;
  /** Names of the fields, for a file whose first record holds values. */
  columns?: readonly string[];
}

/** Lines that one record may span; in a longer one a quote was never closed. [ours] */
const maxRecordLines = 1000;

/**
 * Reads the rows of `path`, all values strings, with the numbers of their first lines. A record with a different
 * number of fields than there are names, or with a misplaced quote, is a broken record.
 *
 * @throws {DataError} when the file cannot be read or its first record names a field twice
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
      const problem = `a record of ${found.value.length} fields, expected ${names.length}`;
      yield { problem, line: found.line, text: excerpt(found.value.join(separator)) };
    }
  }
}

function checkNames(names: string[], file: string): string[] {
  const duplicate = names.find((name, i) => names.indexOf(name) < i);
  if (duplicate === undefined) return names;
  throw new DataError(
    `Cannot read the file as CSV: its first line names ${JSON.stringify(duplicate)} twice`,
    {
      file,
      line: 1,
    },
  );
}

async function* records(
  path: string,
  separator: string,
  format: CsvFormat,
): AsyncGenerator<RecordOrError<string[]>> {
  let lines: string[] = [];
  let firstLine = 0;
  let quoteOpen = false;
  const record = (): RecordOrError<string[]> => {
    const text = lines.join("\n");
    const fields = quoteOpen ? undefined : fieldsOf(text, separator);
    lines = [];
    if (fields) return { value: fields, line: firstLine };
    const problem = quoteOpen
      ? `a quote that is not closed within ${maxRecordLines} lines`
      : "a misplaced quote";
    quoteOpen = false;
    return { problem, line: firstLine, text: excerpt(text) };
  };
  for await (const found of findLines(path, format)) {
    if (isBrokenRecord(found)) yield found;
    else if (found.value !== "" || quoteOpen) {
      if (lines.length === 0) firstLine = found.line!;
      lines.push(found.value);
      if (quotesIn(found.value) % 2) quoteOpen = !quoteOpen;
      if (!quoteOpen || lines.length === maxRecordLines) yield record();
    }
  }
  if (lines.length) yield record();
}

function quotesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count;
}

/** Splits a record into its fields; returns undefined when a quote is misplaced. */
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

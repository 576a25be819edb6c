/**
 * Reader of comma- and tab-separated values (RFC 4180).
 *
 * A field that begins with a quote may hold separators, line ends and doubled quotes; a quote inside any other field is
 * part of it, as in Python's csv. The first record names the fields unless `columns` does.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type BrokenRecord, excerpt, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import type { Row } from "./jsonl.ts";
import { findLines, type TextEncoding } from "./lines.ts";

/** Format options of a CSV file. */
interface CsvFormat extends TextEncoding {
  /** The one character between fields; default: a tab in `.tsv` files, else a comma. */
  separator?: string;
  /** The one character around fields, default `"`; `false` for files in which a quote is a character like any other. */
  quote?: string | false;
  /** Names of the fields, for a file whose first record holds values. */
  columns?: readonly string[];
}

/** Lines that one record may span; in a longer one a quote was never closed. [ours] */
const maxRecordLines = 1000;

/**
 * Reads the rows of `path`, all values strings, with the numbers of their first lines. A record with a different
 * number of fields than there are names, or with a misplaced quote, is a broken record and costs no other one.
 *
 * @throws {DataError} when the file cannot be read, or its first record is broken or names a field twice
 */
export async function* findCsv(path: string, format: CsvFormat = {}): AsyncGenerator<RecordOrError<Row>> {
  let names = format.columns;
  for await (const found of records(path, format)) {
    if (isBrokenRecord(found)) {
      if (names === undefined) throw noNames(found, path);
      yield found;
    } else if (names === undefined) names = checkNames(found.value, path);
    else if (found.value.length === names.length) {
      yield { value: Object.fromEntries(names.map((name, i) => [name, found.value[i]])), line: found.line };
    } else {
      const problem = `a record of ${found.value.length} fields, expected ${names.length}`;
      yield { problem, line: found.line, text: excerpt(found.value.join(",")) };
    }
  }
}

function noNames({ problem, line }: BrokenRecord, file: string): DataError {
  return new DataError(`Cannot read the names of the fields: the first record is ${problem}`, { file, line });
}

function checkNames(names: string[], file: string): string[] {
  const seen = new Set<string>();
  const duplicate = names.find((name) => seen.size === seen.add(name).size);
  if (duplicate === undefined) return names;
  throw new DataError(
    `Cannot read the file as CSV: its first line names ${JSON.stringify(duplicate)} twice`,
    { file, line: 1 },
  );
}

/** A line with its number, without its LF. */
interface NumberedLine {
  text: string;
  line: number;
}

async function* records(path: string, format: CsvFormat): AsyncGenerator<RecordOrError<string[]>> {
  let separator = format.separator;
  const quote = format.quote ?? '"';
  let isFirst = true;
  /** The lines of a record whose quote is open, or lines to be read again behind a broken one. */
  let waiting: NumberedLine[] = [];
  const lines = findLines(path, { encoding: format.encoding, ends: "keep" });
  let isOpen = false;
  while (true) {
    const { done, value: found } = await lines.next();
    if (!done) {
      if (isBrokenRecord(found)) {
        yield found;
        continue;
      }
      waiting.push({ text: found.value, line: found.line! });
      if (isOpen && waiting.length < maxRecordLines && !found.value.includes(String(quote))) continue;
    }
    isOpen = false;
    if (isFirst && waiting.length) {
      // Excel writes the separator into a first line of its own.
      const named = /^sep=(.)\r?$/.exec(waiting[0].text)?.[1];
      separator ??= named ?? (/\.(tsv|tab)(\.\w+)?$/i.test(path) ? "\t" : ",");
      if (named) waiting.shift();
      isFirst = false;
    }
    while (waiting.length) {
      const found = recordIn(waiting, separator!, quote);
      if (found === "open" && !done && waiting.length < maxRecordLines) {
        isOpen = true;
        break;
      }
      const { text, line } = waiting[0];
      if (found === "open" || found === "misplaced") {
        const problem = found === "open"
          ? `a quote that is not closed within ${maxRecordLines} lines`
          : "a misplaced quote";
        yield { problem, line, text: excerpt(text) };
        waiting = waiting.slice(1);
        continue;
      }
      const { fields, rest, used } = found;
      waiting = waiting.slice(used);
      if (rest) waiting.unshift({ text: rest, line: line + used - 1 });
      if (fields) yield { value: fields, line };
    }
    if (done) return;
  }
}

/** A record: its fields (undefined for an empty line), the lines that it takes, and what follows a lone CR. */
interface FoundRecord {
  fields?: string[];
  used: number;
  rest?: string;
}

/** Reads the record at the start of `lines`; `open` when its quote does not close in them. */
function recordIn(
  lines: readonly NumberedLine[],
  separator: string,
  quote: string | false,
): FoundRecord | "open" | "misplaced" {
  const first = lines[0].text;
  const end = first.indexOf("\r");
  const start = end < 0 ? first : first.slice(0, end);
  if ((lines.length === 1 || end >= 0) && (quote === false || !start.includes(quote))) {
    return { fields: start === "" ? undefined : start.split(separator), used: 1, rest: restOf(first, end) };
  }
  const fields: string[] = [];
  let used = 1;
  let text = first;
  for (let at = 0;;) {
    if (text[at] !== quote) {
      const end = indexOfAny(text, separator, at);
      fields.push(text.slice(at, end));
      if (text[end] !== separator) return { fields, used, rest: restOf(text, end) };
      at = end + 1;
      continue;
    }
    const parts: string[] = [];
    for (let from = ++at;;) {
      const end = text.indexOf(quote, from);
      if (end < 0) {
        parts.push(text.slice(at), "\n");
        if (used === lines.length) return "open";
        text = lines[used++].text;
        from = at = 0;
      } else if (text[end + 1] === quote) from = end + 2;
      else {
        parts.push(text.slice(at, end));
        at = end + 1;
        break;
      }
    }
    fields.push(parts.join("").replaceAll(quote + quote, quote));
    if (at === text.length || text[at] === "\r") return { fields, used, rest: restOf(text, at) };
    if (text[at] !== separator) return "misplaced";
    at++;
  }
}

/** Returns the text behind a lone CR, which ends a record; undefined where nothing follows. */
function restOf(text: string, at: number): string | undefined {
  return at >= 0 && at < text.length - 1 ? text.slice(at + 1) : undefined;
}

/** Returns the place of the next separator or CR, or the end of the text. */
function indexOfAny(text: string, separator: string, from: number): number {
  const end = text.indexOf(separator, from);
  const carriage = text.indexOf("\r", from);
  if (carriage >= 0 && (end < 0 || carriage < end)) return carriage;
  return end < 0 ? text.length : end;
}

/**
 * Reader of JSON records in UTF-8 (or UTF-16 with its mark): one object per line, objects one behind another however
 * they are laid out, or one array of objects.
 *
 * An integer beyond 2^53 - 1, which a number does not hold, becomes a string of its digits.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { packingOf, readParts } from "../compression/decompress.ts";
import { type BrokenRecord, excerpt, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import { JsonSplitter, parseJson } from "./json_values.ts";
import type { LineRange } from "./line_range.ts";
import { findLines, markedOr, maxLineBytes, opened, startBytes } from "./lines.ts";

/** The remedy for an invalid byte in a text, and that for one in JSON, whose encoding cannot be named. */
const nameEncoding = /, name its encoding.*/;
const convert = ", convert the file, such as by `iconv -f latin1 -t utf-8`";

/** A JSON object from a file, with unchecked fields. */
export type Row = Record<string, unknown>;

/**
 * Reads the objects of `path` with the numbers of their first lines, from 1; anything else is a broken record.
 *
 * @param range the lines to read, of a file that {@linkcode jsonlRanges} has cut
 * @throws {DataError} when the file cannot be read
 */
export async function* findJsonl(path: string, range?: LineRange): AsyncGenerator<RecordOrError<Row>> {
  if (range) return yield* byLine(findLines(path, { range }));
  const { start, parts } = await opened(readParts(path));
  const label = markedOr("utf-8", start);
  if (isByLine(new TextDecoder(label).decode(start))) {
    await parts.return(undefined);
    yield* byLine(findLines(path));
  } else yield* inSequence(parts, label);
}

/**
 * Cuts a file into ranges of `bytes` bytes; returns none for a file that is not longer, is packed or in UTF-16, or whose
 * records are not one per line.
 */
export async function jsonlRanges(path: string, bytes: number): Promise<LineRange[]> {
  const { size } = await Deno.stat(path);
  if (size <= bytes) return [];
  using file = await Deno.open(path);
  const start = new Uint8Array(Math.min(size, startBytes));
  await file.read(start);
  const isPlain = packingOf(start) === undefined && !/\.br$/i.test(path) &&
    markedOr("utf-8", start) === "utf-8";
  if (!isPlain || !isByLine(new TextDecoder().decode(start))) return [];
  const ranges: LineRange[] = [];
  for (let from = 0; from < size; from += bytes) ranges.push({ from, to: Math.min(size, from + bytes) });
  return ranges;
}

/** Decides by the start of a file whether each line is a record. */
function isByLine(start: string): boolean {
  const lines = start.split("\n").filter((line) => line.trim() !== "");
  const first = lines[0] ?? "";
  if (/^\s*\[/.test(first) || /^\s*\{\s*$/.test(first)) return false;
  // Lines inside a pretty-printed object are indented, or are no objects.
  if (lines.some((line) => line.startsWith("{") && !isBrokenRecord(parseRow(line)))) return true;
  return !first.trimStart().startsWith("{") ||
    (lines.length === 1 && new JsonSplitter().add(first).length < 2);
}

async function* byLine(lines: AsyncIterable<RecordOrError<string>>): AsyncGenerator<RecordOrError<Row>> {
  for await (const found of lines) {
    if (isBrokenRecord(found)) yield { ...found, problem: found.problem.replace(nameEncoding, convert) };
    else if (found.value.trim() !== "") {
      const { line } = found;
      const row = parseRow(found.value);
      if (isBrokenRecord(row)) { for (const one of rowsIn(found.value) ?? [row]) yield { ...one, line }; }
      else yield { ...row, line };
    }
  }
}

/** Returns the objects that stand one behind another on a line; undefined when they are not all whole. */
function rowsIn(line: string): RecordOrError<Row>[] | undefined {
  const rows = new JsonSplitter().add(line).map(({ text }) => parseRow(text));
  return rows.length > 1 && !rows.some(isBrokenRecord) && !line.startsWith("[") ? rows : undefined;
}

/** Reads objects one behind another, or the elements of an array. */
async function* inSequence(
  parts: AsyncIterable<Uint8Array | BrokenRecord>,
  label: string,
): AsyncGenerator<RecordOrError<Row>> {
  const splitter = new JsonSplitter();
  let decoder = new TextDecoder(label);
  for await (const part of parts) {
    if (isBrokenRecord(part)) {
      yield part;
      splitter.rest();
      decoder = new TextDecoder(label);
      continue;
    }
    const decoded = decoder.decode(part, { stream: true });
    const hasInvalid = decoded.includes("\uFFFD") && marksIn(decoded) > encodedMarksIn(part);
    for (const { text, line } of splitter.add(decoded)) {
      yield hasInvalid && text.includes("\uFFFD")
        ? { problem: `not valid ${label}`, text: excerpt(text), line }
        : { ...parseRow(text), line };
    }
    if (splitter.pending > maxLineBytes) {
      const { line } = splitter.rest()!;
      yield { problem: `an object of more than ${maxLineBytes >> 20} MiB`, line };
    }
  }
  for (const { text, line } of splitter.add(decoder.decode())) yield { ...parseRow(text), line };
  const rest = splitter.rest();
  if (rest) yield { ...parseRow(rest.text), line: rest.line };
}

/** Counts the replacement characters of a text. */
function marksIn(text: string): number {
  return text.split("\uFFFD").length - 1;
}

/** Counts the replacement characters that a file itself holds in UTF-8. */
function encodedMarksIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) count++;
  }
  return count;
}

function parseRow(text: string): RecordOrError<Row> {
  try {
    const value = parseJson(text.startsWith("\uFEFF") ? text.slice(1) : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: value as Row };
    return { problem: `not a JSON object but ${show(value)}`, text: excerpt(text) };
  } catch (cause) {
    return { problem: `not JSON: ${(cause as Error).message}`, text: excerpt(text) };
  }
}

/**
 * Reader of text files, whole or line by line; line by line, memory does not grow with the file.
 *
 * Lines are found in the bytes and decoded in blocks. Only a block with an invalid byte is decoded line by line, so
 * that an invalid byte breaks its own line alone. A byte-order mark names the encoding and is dropped.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { concat } from "../bytes.ts";
import { readParts } from "../compression/decompress.ts";
import { type DetectEncoding, encodingDetector, markedEncoding } from "../encoding/detect_encoding.ts";
import { notText } from "../encoding/text_or_not.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";
import { type LineRange, linesBefore, readLineRange } from "./line_range.ts";

/** Character encoding of a text file. */
export interface TextEncoding {
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. Invalid bytes are errors, never replaced. */
  encoding?: string;
}

/** Settings of the reading of lines. */
export interface LineOptions extends TextEncoding {
  /** Ends of lines: LF and CRLF (`lf`, default); a lone CR too (`any`); LF, and a CR before it stays (`keep`). */
  ends?: "lf" | "any" | "keep";
  /** The lines to read, of a file that is not packed and whose lines end in the byte LF; default: all. */
  range?: LineRange;
}

/** The encoding of a file that is found by its contents. */
export const detected = "detected";

/** Bytes of the longest line that is read; a longer one is a broken record and never held in memory. [ours] */
export const maxLineBytes: number = 1 << 26;

/** Bytes at the start of a file by which its kind and encoding are found. [ours] */
export const startBytes: number = 1 << 16;

/** The byte that opens an escape sequence, as of ISO-2022-JP. */
const escape = 0x1b;

/** The most characters of a text, which the runtime's strings set. */
const maxTextCharacters = 0x1fffffe8;

/**
 * Reads the whole text of `path`, decompressed by its contents.
 *
 * @throws {DataError} when the file cannot be read, holds a byte that its encoding does not allow, or has more than
 * 512 Mi characters, the longest string of the runtime
 */
export async function readText(path: string, options: TextEncoding = {}): Promise<string> {
  const { encoding = "utf-8" } = options;
  const found = await readWhole(path, encoding);
  if (isBrokenRecord(found)) throw new DataError(found.problem, { file: path });
  return found.text;
}

/** A text, and the encoding in which it was read. */
export interface WholeText {
  /** The text, without a byte-order mark. */
  text: string;
  /** Label of its encoding. */
  encoding: string;
  /** Number of characters that could not be decoded and are U+FFFD. */
  replaced: number;
}

/**
 * Reads the whole text of `path` in its encoding, or in the `detected` one. A file that is not text, or is too long, is
 * a broken record.
 *
 * @throws {DataError} when the file cannot be read
 */
export async function readWhole(path: string, encoding: string): Promise<WholeText | BrokenRecord> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of readParts(path)) {
    if (isBrokenRecord(part)) return { ...part, problem: `Cannot unpack the file: ${part.problem}` };
    parts.push(part);
    length += part.length;
    if (length > maxTextCharacters) {
      return { problem: "Cannot read the file as one text: it is longer than 512 million characters" };
    }
  }
  const bytes = parts.length === 1 ? parts[0] : concat(parts);
  if (encoding === detected && !bytes.includes(0) && !bytes.includes(escape)) {
    const text = notText(bytes, "utf-8")
      ? undefined
      : decode(bytes, new TextDecoder("utf-8", { fatal: true }));
    if (text !== undefined) return { text, encoding: "utf-8", replaced: 0 };
  }
  const found = encoding === detected ? (await encodingDetector())(bytes) : markedOr(encoding, bytes);
  const problem = encoding === detected ? notText(bytes, found) : undefined;
  if (problem) return { problem: `not text but ${problem}`, reason: "not text" };
  const text = decode(bytes, new TextDecoder(found, { fatal: true }));
  if (text !== undefined) return { text, encoding: found, replaced: 0 };
  if (encoding === detected) {
    const repaired = new TextDecoder(found).decode(bytes);
    return { text: repaired, encoding: found, replaced: repaired.split("\uFFFD").length - 1 };
  }
  return {
    problem: `Cannot read the file as ${found}: a byte is not valid, name its encoding, ` +
      `such as { encoding: "latin1" }`,
  };
}

/** Returns the encoding that the byte-order mark of UTF-16 names, where none but UTF-8 was asked for. */
export function markedOr(encoding: string, start: Uint8Array): string {
  const marked = markedEncoding(start);
  return marked?.startsWith("utf-16") && /^utf-?8$/i.test(encoding) ? marked : encoding;
}

/**
 * Reads the lines of `path` without their line ends (LF or CRLF); the last line needs no line end.
 *
 * @throws {DataError} when the file cannot be read, or a line is invalid in its encoding or longer than 64 MiB
 */
export async function* readLines(path: string, options: LineOptions = {}): AsyncGenerator<string> {
  for await (const found of findLines(path, options)) {
    if (isBrokenRecord(found)) {
      throw new DataError(`Cannot read the line: it is ${found.problem}`, { file: path, line: found.line });
    }
    yield found.value;
  }
}

/**
 * Reads the lines of `path`, numbered from 1. A line that is invalid in its encoding or longer than 64 MiB is a broken
 * record; so is a damaged part of a packed file, and a file that is not text where its encoding is to be `detected`.
 *
 * @throws {DataError} when the file cannot be read
 */
export async function* findLines(
  path: string,
  { encoding = "utf-8", ends = "lf", range }: LineOptions = {},
): AsyncGenerator<RecordOrError<string>> {
  const detect = encoding === detected ? await encodingDetector() : undefined;
  const { start, parts } = await opened(range ? readLineRange(path, range) : readParts(path));
  // The start of a long file may end inside a character.
  const lines = start.length < startBytes ? start.length : start.lastIndexOf(10) + 1 || start.length;
  const label = detect ? detect(start.subarray(0, lines)) : markedOr(encoding, start);
  const kind = detect && notText(start, label);
  if (kind) {
    yield { problem: `not text but ${kind}`, reason: "not text" };
    return;
  }
  if (label.startsWith("utf-16")) return yield* linesOfText(parts, new TextDecoder(label), ends);
  const decoder = new BlockDecoder(label, ends, detect);
  let line = range ? await linesBefore(path, range.from) : 0;
  for await (const block of blocksOf(parts)) {
    const found = block === undefined
      ? [tooLong()]
      : isBrokenRecord(block)
      ? [block]
      : decoder.lines(block, line === 0);
    for (const item of found) yield { ...item, line: ++line };
  }
}

/** Reads the first 64 KiB of a file or a little more, and gives them again before the rest. */
export async function opened(
  parts: AsyncGenerator<Uint8Array | BrokenRecord>,
): Promise<{ start: Uint8Array; parts: AsyncGenerator<Uint8Array | BrokenRecord> }> {
  const read: (Uint8Array | BrokenRecord)[] = [];
  let length = 0;
  while (length < startBytes) {
    const { done, value } = await parts.next();
    if (done) break;
    read.push(value);
    if (isBrokenRecord(value)) break;
    length += value.length;
  }
  const bytes = read.filter((part): part is Uint8Array => !isBrokenRecord(part));
  return {
    start: bytes.length === 1 ? bytes[0] : concat(bytes),
    parts: (async function* () {
      yield* read;
      yield* parts;
    })(),
  };
}

/** Joins chunks to blocks of whole lines; yields undefined in place of a line that is too long. */
async function* blocksOf(
  chunks: AsyncIterable<Uint8Array | BrokenRecord>,
): AsyncGenerator<Uint8Array | BrokenRecord | undefined> {
  let pending: Uint8Array[] = []; // the start of a line whose end has not come yet
  let length = 0;
  const take = (end: Uint8Array) => {
    const block = length > maxLineBytes ? undefined : pending.length ? concat([...pending, end]) : end;
    [pending, length] = [[], 0];
    return block;
  };
  for await (let chunk of chunks) {
    if (isBrokenRecord(chunk)) {
      yield chunk;
      [pending, length] = [[], 0]; // the line that the damage cuts is part of it
      continue;
    }
    const first = length ? chunk.indexOf(10) : -1;
    if (first >= 0 && length + first > maxLineBytes) {
      length += first;
      yield take(chunk.subarray(0, 0));
      chunk = chunk.subarray(first + 1);
    }
    const end = chunk.lastIndexOf(10) + 1;
    if (end > 0) yield take(chunk.subarray(0, end));
    const rest = chunk.subarray(end);
    length += rest.length;
    if (length > maxLineBytes) pending = [];
    else if (rest.length) pending.push(rest);
  }
  if (length) yield take(new Uint8Array(0));
}

/** A decoder of blocks of whole lines, which settles on another encoding at the first letters that are not UTF-8. */
class BlockDecoder {
  readonly #ends: LineOptions["ends"];
  readonly #detect?: DetectEncoding;
  #decoder: TextDecoder;
  #isSettled: boolean;

  constructor(label: string, ends: LineOptions["ends"], detect?: DetectEncoding) {
    this.#ends = ends;
    this.#detect = detect;
    this.#decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
    this.#isSettled = !detect || label !== "utf-8";
  }

  /** Decodes the lines of a block, which ends with a line end except perhaps at the end of the file. */
  lines(block: Uint8Array, isFirst: boolean): RecordOrError<string>[] {
    const text = this.#textOf(block);
    if (text !== undefined) return this.#split(isFirst ? text.replace(/^\uFEFF/, "") : text);
    const found: RecordOrError<string>[] = [];
    for (let from = 0; from < block.length;) {
      const end = block.indexOf(10, from);
      const next = end < 0 ? block.length : end + 1;
      const line = decode(block.subarray(from, next), this.#decoder);
      found.push(...(line === undefined ? [invalid(this.#decoder.encoding)] : this.#split(line)));
      from = next;
    }
    return found;
  }

  #textOf(block: Uint8Array): string | undefined {
    const text = decode(block, this.#decoder);
    if (this.#isSettled || (text !== undefined && text.length === block.length && !text.includes("\x1b"))) {
      return text;
    }
    const label = this.#detect!(block);
    this.#isSettled = true;
    if (label === "utf-8" || label.startsWith("utf-16")) return text;
    this.#decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
    return decode(block, this.#decoder);
  }

  #split(text: string): RecordOrError<string>[] {
    return linesIn(text, this.#ends).map((value) => ({ value }));
  }
}

/** Splits whole lines; the last one needs no line end. */
function linesIn(text: string, ends: LineOptions["ends"]): string[] {
  const lines = ends === "any" && text.includes("\r") ? text.split(/\r\n?|\n/) : text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  if (ends === "lf" && text.includes("\r")) return lines.map(withoutReturn);
  return lines;
}

function decode(bytes: Uint8Array, decoder: TextDecoder): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function invalid(encoding: string): RecordOrError<string> {
  return { problem: `not valid ${encoding}, name its encoding, such as { encoding: "latin1" }` };
}

function tooLong(): RecordOrError<string> {
  return { problem: `longer than ${maxLineBytes >> 20} MiB` };
}

/** Decodes a file whose line ends cannot be found in its bytes. */
async function* linesOfText(
  parts: AsyncIterable<Uint8Array | BrokenRecord>,
  decoder: TextDecoder,
  ends: LineOptions["ends"],
): AsyncGenerator<RecordOrError<string>> {
  let pending = "";
  let line = 0;
  for await (const part of parts) {
    if (isBrokenRecord(part)) {
      yield { ...part, line: ++line };
      [pending, decoder] = ["", new TextDecoder(decoder.encoding)];
      continue;
    }
    const text = pending + decoder.decode(part, { stream: true });
    const end =
      Math.max(text.lastIndexOf("\n"), ends === "any" ? text.lastIndexOf("\r", text.length - 2) : -1) + 1;
    pending = text.slice(end);
    for (const value of linesIn(text.slice(0, end), ends)) yield { ...whole(value), line: ++line };
    if (pending.length <= maxLineBytes) continue;
    yield { ...tooLong(), line: line + 1 };
    pending = "";
  }
  for (const value of linesIn(pending + decoder.decode(), ends)) yield { ...whole(value), line: ++line };

  function whole(value: string): RecordOrError<string> {
    return value.includes("\uFFFD") ? invalid(decoder.encoding) : { value };
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

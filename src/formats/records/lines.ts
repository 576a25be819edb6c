/**
 * Reader of text files, whole or line by line; line by line, memory does not grow with the file.
 *
 * Lines are found in the bytes and decoded in blocks. Only a block with an invalid byte is decoded line by line, so
 * that an invalid byte breaks its own line alone.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { concat } from "../bytes.ts";
import { readBytes } from "../compression/decompress.ts";
import { isBrokenRecord, type RecordOrError } from "../record_or_error.ts";

/** Character encoding of a text file. */
export interface TextEncoding {
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. Invalid bytes are errors, never replaced. */
  encoding?: string;
}

/** Bytes of the longest line that is read; a longer one is a broken record and never held in memory. [ours] */
export const maxLineBytes: number = 1 << 26;

/** Decodes the text of `path` in chunks; a byte-order mark is dropped. */
async function* readChunks(path: string, { encoding = "utf-8" }: TextEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let done = 0;
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new DataError(
        `Cannot read the file as ${encoding}: a byte after ${done} is not valid, ` +
          `name its encoding, such as { encoding: "latin1" }`,
        { file: path, cause },
      );
    }
  };
  for await (const chunk of readBytes(path)) {
    yield decode(chunk);
    done += chunk.length;
  }
  yield decode();
}

/**
 * Reads the whole text of `path`, decompressed by its extension.
 *
 * @throws {DataError} when the file cannot be read, holds a byte that its encoding does not allow, or has more than
 * 512 Mi characters, the longest string of the runtime
 */
export async function readText(path: string, options: TextEncoding = {}): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of readChunks(path, options)) {
    length += chunk.length;
    if (length > 0x1fffffe8) {
      throw new DataError("Cannot read the file as one text: it is longer than 512 million characters", {
        file: path,
      });
    }
    parts.push(chunk);
  }
  return parts.join("");
}

/**
 * Reads the lines of `path` without their line ends (LF or CRLF); the last line needs no line end.
 *
 * @throws {DataError} when the file cannot be read, or a line is invalid in its encoding or longer than 64 MiB
 */
export async function* readLines(path: string, options: TextEncoding = {}): AsyncGenerator<string> {
  for await (const found of findLines(path, options)) {
    if (isBrokenRecord(found)) {
      throw new DataError(`Cannot read the line: it is ${found.problem}`, { file: path, line: found.line });
    }
    yield found.value;
  }
}

/**
 * Reads the lines of `path`, numbered from 1. A line that is invalid in its encoding or longer than 64 MiB is a broken
 * record.
 *
 * @throws {DataError} when the file cannot be read
 */
export async function* findLines(
  path: string,
  { encoding = "utf-8" }: TextEncoding = {},
): AsyncGenerator<RecordOrError<string>> {
  const decoders = [false, true].map((ignoreBOM) => new TextDecoder(encoding, { fatal: true, ignoreBOM }));
  if (decoders[0].encoding.startsWith("utf-16")) return yield* linesOfText(readChunks(path, { encoding }));
  let line = 0;
  for await (const block of blocksOf(readBytes(path))) {
    for (const found of block === undefined ? [tooLong()] : decodeBlock(block, decoders[line ? 1 : 0])) {
      yield { ...found, line: ++line };
    }
  }
}

/** Joins chunks to blocks of whole lines; yields undefined in place of a line that is too long. */
async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  let pending: Uint8Array[] = []; // the start of a line whose end has not come yet
  let length = 0;
  const take = (end: Uint8Array) => {
    const block = length > maxLineBytes ? undefined : pending.length ? concat([...pending, end]) : end;
    [pending, length] = [[], 0];
    return block;
  };
  for await (let chunk of chunks) {
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

/** Decodes the lines of a block, which ends with a line end except perhaps at the end of the file. */
function* decodeBlock(block: Uint8Array, decoder: TextDecoder): Generator<RecordOrError<string>> {
  const text = decode(block, decoder);
  if (text !== undefined) {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      yield { value: withoutReturn(text.slice(from, end)) };
      from = end + 1;
    }
    if (from < text.length) yield { value: withoutReturn(text.slice(from)) };
    return;
  }
  for (let from = 0; from < block.length;) {
    const found = block.indexOf(10, from);
    const end = found < 0 ? block.length : found;
    const line = decode(block.subarray(from, end), decoder);
    yield line === undefined ? invalid(decoder.encoding) : { value: withoutReturn(line) };
    from = end + 1;
  }
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

async function* linesOfText(chunks: AsyncIterable<string>): AsyncGenerator<RecordOrError<string>> {
  let pending = "";
  let line = 0;
  for await (const chunk of chunks) {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop()!;
    for (const text of lines) yield { value: withoutReturn(text), line: ++line };
  }
  if (pending) yield { value: withoutReturn(pending), line: ++line };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

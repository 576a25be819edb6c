/**
 * Text files as one string or line by line, in memory that does not grow with the file.
 *
 * Lines are found in the bytes and decoded in blocks; only a block with a wrong byte in it is decoded line by line,
 * so that one broken line costs one line.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { concat } from "../bytes.ts";
import { readBytes } from "../compression/decompress.ts";
import { isBrokenRecord, type RecordOrError } from "../record_or_error.ts";

/** How the bytes of a text file are understood. */
export interface TextEncoding {
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. A wrong byte is refused, never replaced. */
  encoding?: string;
}

/** Bytes of the longest line that is read; a longer one is a problem, and is never held in memory. [ours] */
export const longestLine: number = 1 << 26;

/** The decoded text of `path` in chunks; a byte-order mark is dropped. */
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
 * The whole text of `path`, unpacked by its extension.
 *
 * @throws {DataError} when the file cannot be read, holds a byte that is wrong in its encoding, or is longer than a
 * string can be (half a gigabyte)
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
 * The lines of `path` without their line ends (LF or CRLF); a last line without one counts too.
 *
 * @throws {DataError} when the file cannot be read or a line is wrong in its encoding or longer than 64 MiB
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
 * The lines of `path`, numbered from 1; one that is wrong in its encoding or longer than 64 MiB is a problem.
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

/** Blocks of whole lines; undefined in place of a line that is too long. */
async function* blocksOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  let begun: Uint8Array[] = [];
  let length = 0;
  const take = (end: Uint8Array) => {
    const block = length > longestLine ? undefined : begun.length ? concat([...begun, end]) : end;
    [begun, length] = [[], 0];
    return block;
  };
  for await (let chunk of chunks) {
    const first = length ? chunk.indexOf(10) : -1;
    if (first >= 0 && length + first > longestLine) {
      length += first;
      yield take(chunk.subarray(0, 0));
      chunk = chunk.subarray(first + 1);
    }
    const end = chunk.lastIndexOf(10) + 1;
    if (end > 0) yield take(chunk.subarray(0, end));
    const rest = chunk.subarray(end);
    length += rest.length;
    if (length > longestLine) begun = [];
    else if (rest.length) begun.push(rest);
  }
  if (length) yield take(new Uint8Array(0));
}

/** The lines of a block, which ends with a line end unless the file ends without one. */
function* decodeBlock(block: Uint8Array, decoder: TextDecoder): Generator<RecordOrError<string>> {
  const text = decoded(block, decoder);
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
    const line = decoded(block.subarray(from, end), decoder);
    yield line === undefined ? notValid(decoder.encoding) : { value: withoutReturn(line) };
    from = end + 1;
  }
}

function decoded(bytes: Uint8Array, decoder: TextDecoder): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function notValid(encoding: string): RecordOrError<string> {
  return { problem: `not valid ${encoding}, name its encoding, such as { encoding: "latin1" }` };
}

function tooLong(): RecordOrError<string> {
  return { problem: `longer than ${longestLine >> 20} MiB` };
}

async function* linesOfText(chunks: AsyncIterable<string>): AsyncGenerator<RecordOrError<string>> {
  let begun = "";
  let line = 0;
  for await (const chunk of chunks) {
    const lines = (begun + chunk).split("\n");
    begun = lines.pop()!;
    for (const text of lines) yield { value: withoutReturn(text), line: ++line };
  }
  if (begun) yield { value: withoutReturn(begun), line: ++line };
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

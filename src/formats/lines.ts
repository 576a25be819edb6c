/**
 * Text files as one string or line by line, in memory that does not grow with the file.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import { readBytes } from "./decompress.ts";

/** How the bytes of a text file are understood. */
export interface TextEncoding {
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. A wrong byte is refused, never replaced. */
  encoding?: string;
}

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
 * @throws {DataError} when the file cannot be read or holds a byte that is wrong in its encoding
 */
export async function readText(path: string, options: TextEncoding = {}): Promise<string> {
  const parts: string[] = [];
  for await (const chunk of readChunks(path, options)) parts.push(chunk);
  return parts.join("");
}

/**
 * The lines of `path` without their line ends (LF or CRLF); a last line without one counts too.
 *
 * @throws {DataError} when the file cannot be read or holds a byte that is wrong in its encoding
 */
export async function* readLines(path: string, options: TextEncoding = {}): AsyncGenerator<string> {
  // Pieces of the line begun in earlier chunks: joined once, so that a very long line stays linear.
  let begun: string[] = [];
  for await (const text of readChunks(path, options)) {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      yield withoutReturn(begun.join("") + text.slice(from, end));
      begun = [];
      from = end + 1;
    }
    if (from < text.length) begun.push(text.slice(from));
  }
  if (begun.length) yield withoutReturn(begun.join(""));
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

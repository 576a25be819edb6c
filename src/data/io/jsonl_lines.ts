/**
 * Lines of JSON as bytes: buffered, compressed and checked.
 *
 * @module
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Write } from "../../formats/atomic_file.ts";

/** A writer of records to a file. */
export interface RecordWriter {
  /** Appends a record. */
  add(value: unknown): Promise<void>;
  /** Writes what is buffered; the last call. */
  finish(): Promise<void>;
}

/** Compression of a block of bytes. */
export type Compress = (bytes: Uint8Array) => Uint8Array;

/** Returns the compression of a file by its name. Each block is compressed by itself, as a member of the file. */
export function compressorOf(path: string): Compress {
  if (path.endsWith(".jsonl")) return (bytes) => bytes;
  if (path.endsWith(".jsonl.gz")) return gzipSync;
  if (path.endsWith(".jsonl.zst")) return zstdCompressSync;
  throw new DataError(`Cannot write ${path}: its name must end in .jsonl, .jsonl.gz or .jsonl.zst`, {
    file: path,
  });
}

const encoder = new TextEncoder();
const blockBytes = 1 << 20;

/** A buffer of encoded lines; strings that wait would fill the heap. */
export class Lines implements RecordWriter {
  /** Bytes of all lines so far, before compression. */
  bytes = 0;
  readonly #compress: Compress;
  readonly #write: Write;
  readonly #block = new Uint8Array(blockBytes);
  #used = 0;

  /** Makes a buffer whose blocks are compressed and written. */
  constructor(compress: Compress, write: Write) {
    this.#compress = compress;
    this.#write = write;
  }

  /** Appends a record, or the `line` of one. */
  async add(value: unknown, line: string = lineOf(value)): Promise<void> {
    if (!this.#fits(line)) {
      await this.finish();
      if (!this.#fits(line)) await this.#writeLong(encoder.encode(line));
    }
  }

  /** Writes the lines that are buffered. */
  async finish(): Promise<void> {
    const block = this.#block.subarray(0, this.#used);
    this.#used = 0;
    if (block.length) await this.#write(this.#compress(block));
  }

  /** Appends a line to the block and returns true, unless the rest of the block is too small. */
  #fits(line: string): boolean {
    const { read, written } = encoder.encodeInto(line, this.#block.subarray(this.#used));
    if (read < line.length) return false;
    this.#used += written;
    this.bytes += written;
    return true;
  }

  async #writeLong(line: Uint8Array): Promise<void> {
    this.bytes += line.length;
    await this.#write(this.#compress(line));
  }
}

/** Returns a record as a line of JSON. */
function lineOf(value: unknown): string {
  checkWritable(value);
  let line: string | undefined;
  try {
    line = JSON.stringify(value);
  } catch (cause) {
    throw new DataError(`Cannot write a record as JSON: ${(cause as Error).message}`, { cause });
  }
  if (line === undefined) {
    throw new DataError(`Cannot write a record as JSON: it is ${show(value)}; remove it with filter`);
  }
  return `${line}\n`;
}

/** Returns a dropped record as a line of JSON, whatever it holds. */
export function rejectLine(reject: { step: string; reason: string; record: unknown }): string {
  const shown = (_: string, value: unknown) =>
    value instanceof Uint8Array ? `${value.length} bytes` : typeof value === "bigint" ? String(value) : value;
  return `${JSON.stringify(reject, shown)}\n`;
}

/**
 * Checks that JSON can hold a record.
 *
 * @throws {DataError} naming the field that holds bytes
 */
export function checkWritable(value: unknown): void {
  const field = bytesIn(value);
  if (field === undefined) return;
  throw new DataError(
    `Cannot write a record as JSON: its field ${field} holds bytes; turn them into text or leave them out with map`,
  );
}

/** Returns the field of a record, or of its `meta`, that holds bytes. */
function bytesIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    if (item instanceof Uint8Array) return name;
    const inner = name === "meta" ? bytesIn(item) : undefined;
    if (inner !== undefined) return `meta.${inner}`;
  }
  return undefined;
}

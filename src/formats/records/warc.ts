/**
 * Reader of WARC and WET files (ISO 28500): web pages as records with headers and a body of `Content-Length` bytes.
 *
 * Bytes between records are one broken record, and reading goes on at the next line that opens a record. A damaged
 * member of a packed file is one broken record, and reading goes on behind it. Libraries for the format stop there
 * instead, so this file uses none.
 *
 * @module
 */
import { concat } from "../bytes.ts";
import { readParts } from "../compression/decompress.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../record_or_error.ts";

/** A record of a WARC file. */
export interface WarcRecord {
  /** Values of the headers by name in lower case, such as `warc-target-uri`. */
  headers: Record<string, string>;
  /** Its body. */
  body: Uint8Array;
}

/** Bytes of the longest body and the longest headers that are read; longer ones are broken records. [ours] */
const maxBodyBytes = 1 << 26;
const maxHeadBytes = 1 << 20;

/**
 * Reads the records of `path`: those whose WARC type is `type`, or all.
 *
 * @throws {DataError} when the file cannot be read
 */
export async function* findWarc(path: string, type?: string): AsyncGenerator<RecordOrError<WarcRecord>> {
  const input = new Input(readParts(path));
  const head = new TextDecoder();
  while (true) {
    const isMore = await input.skipBlank();
    const at = input.position;
    const found = isMore ? await recordAt(input, head, type) : undefined;
    const damage = input.takeDamage();
    if (damage) {
      yield damage;
      continue;
    }
    if (!isMore) return;
    if (!found) continue;
    yield isBrokenRecord(found) ? { offset: at, ...found } : found;
  }
}

/** Reads the record at the input's position; undefined for one of another type. */
async function recordAt(
  input: Input,
  decoder: TextDecoder,
  type: string | undefined,
): Promise<RecordOrError<WarcRecord> | undefined> {
  const at = input.position;
  const bytes = await input.head();
  const headers = bytes && parseHead(decoder.decode(bytes));
  const length = Number(headers?.["content-length"] || NaN);
  if (!headers || !Number.isInteger(length) || length < 0) {
    await input.seekRecord(bytes);
    return { problem: `no WARC record at byte ${at} of the unpacked file`, text: "" };
  }
  if (length > maxBodyBytes || (type !== undefined && headers["warc-type"] !== type)) {
    if (!await input.skip(length)) return { problem: `a record at byte ${at} that is cut short` };
    if (length <= maxBodyBytes) return undefined;
    return { problem: `a record of ${length} bytes at byte ${at}, more than ${maxBodyBytes}` };
  }
  const body = await input.take(length);
  return body.length < length
    ? { problem: `a record at byte ${at} that is cut short` }
    : { value: { headers, body } };
}

function parseHead(text: string): Record<string, string> | undefined {
  const lines = text.trimEnd().split(/\r?\n/);
  if (!/^WARC\/\d/.test(lines[0])) return undefined;
  const headers: Record<string, string> = {};
  let last = "";
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (/^[ \t]/.test(line) && last) headers[last] += ` ${line.trim()}`;
    else if (colon > 0) {
      headers[last = line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
    }
  }
  return headers;
}

const CR = 13;
const LF = 10;

/** A byte source with a position, from chunks of any size, that stops at damage until it is taken. */
class Input {
  position = 0;
  readonly #chunks: AsyncIterator<Uint8Array | BrokenRecord>;
  #rest: Uint8Array = new Uint8Array(0);
  #damage?: BrokenRecord;

  constructor(chunks: AsyncIterable<Uint8Array | BrokenRecord>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Appends one more chunk to the unread bytes; returns false at damage and at the end of the file. */
  async #more(): Promise<boolean> {
    if (this.#damage) return false;
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    if (isBrokenRecord(value)) {
      this.#damage = value;
      return false;
    }
    this.#rest = this.#rest.length ? concat([this.#rest, value]) : value;
    return true;
  }

  /** Returns the damage that was met, and drops the unread bytes before it. */
  takeDamage(): BrokenRecord | undefined {
    const damage = this.#damage;
    this.#damage = undefined;
    if (damage) this.#advance(this.#rest.length);
    return damage;
  }

  #advance(count: number): Uint8Array {
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    this.position += bytes.length;
    return bytes;
  }

  /** Skips line ends; returns false at the end of the file. */
  async skipBlank(): Promise<boolean> {
    while (true) {
      const blanks = this.#rest.findIndex((byte) => byte !== CR && byte !== LF);
      if (blanks >= 0) {
        this.#advance(blanks);
        return true;
      }
      this.#advance(this.#rest.length);
      if (!await this.#more()) return false;
    }
  }

  /**
   * Takes the bytes up to and with the next empty line; returns undefined when a megabyte holds none, or when another
   * record begins before.
   */
  async head(): Promise<Uint8Array | undefined> {
    for (let from = 0;;) {
      for (let at = this.#rest.indexOf(LF, from); at >= 0; at = this.#rest.indexOf(LF, at + 1)) {
        const next = this.#rest[at + 1] === CR ? at + 2 : at + 1;
        if (this.#rest[next] === LF) return this.#advance(next + 1);
        if (startsWith(this.#rest, mark, at)) return undefined;
      }
      from = Math.max(0, this.#rest.length - mark.length);
      if (this.#rest.length > maxHeadBytes || !await this.#more()) return undefined;
    }
  }

  /** Takes the next `count` bytes, fewer at the end of the file. All chunks are joined in one step. */
  async take(count: number): Promise<Uint8Array> {
    const parts = [this.#advance(count)];
    for (let length = parts[0].length; length < count && await this.#more();) {
      const part = this.#advance(count - length);
      length += part.length;
      parts.push(part);
    }
    return parts.length === 1 ? parts[0] : concat(parts);
  }

  /** Skips `count` bytes; returns false when the file ends before. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0 && !await this.#more()) return false;
      left -= this.#advance(left).length;
    }
    return true;
  }

  /** Advances to the next line that opens a record; `putBack` holds taken bytes that are searched first. */
  async seekRecord(putBack?: Uint8Array): Promise<void> {
    if (putBack) {
      this.#rest = concat([putBack, this.#rest]);
      this.position -= putBack.length;
    }
    while (true) {
      const found = indexOf(this.#rest, mark, 0);
      if (found >= 0) return void this.#advance(found + 1);
      this.#advance(Math.max(0, this.#rest.length - mark.length + 1));
      if (!await this.#more()) return void this.#advance(this.#rest.length);
    }
  }
}

/** The beginning of a line that opens a record. */
const mark = "\nWARC/";

function indexOf(bytes: Uint8Array, mark: string, from: number): number {
  const first = mark.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (startsWith(bytes, mark, at)) return at;
  }
  return -1;
}

function startsWith(bytes: Uint8Array, mark: string, at: number): boolean {
  let same = 0;
  while (same < mark.length && bytes[at + same] === mark.charCodeAt(same)) same++;
  return same === mark.length;
}

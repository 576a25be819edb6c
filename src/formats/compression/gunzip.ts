/**
 * Decompression of gzip files member by member (RFC 1952), which goes on behind a damaged member.
 *
 * A member of up to 4 MiB is unpacked whole and checked before its bytes are given, so nothing of a damaged one gets
 * through. From a larger member on, the rest of the file is streamed and ends at the first damage.
 *
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { constants, crc32, createGunzip, inflateRawSync } from "node:zlib";
import { concat } from "../bytes.ts";
import type { BrokenRecord } from "../record_or_error.ts";

/** Bytes of the largest member that is unpacked whole, packed and unpacked. [ours] */
const maxWholeBytes = 1 << 22;
const maxUnpackedBytes = 1 << 25;

/** Bytes of small members that are joined to one chunk. [ours] */
const chunkBytes = 1 << 18;

/** The problem of bytes between members, which count only where another member follows. */
const noMember = "bytes that are no member";

/** Unpacks the members of `chunks`; a broken record stands in place of each damaged one. */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | BrokenRecord> {
  const input = new Input(chunks);
  let waiting: Uint8Array[] = [];
  let length = 0;
  const take = () => {
    const joined = waiting.length === 1 ? waiting[0] : concat(waiting);
    [waiting, length] = [[], 0];
    return joined;
  };
  while (await input.fill(18)) {
    const { unpacked, bytes, problem } = await member(input);
    if (unpacked?.length) {
      waiting.push(unpacked);
      length += unpacked.length;
    }
    input.skip(bytes);
    if (bytes > 0 && length < chunkBytes) continue;
    if (length) yield take();
    if (bytes > 0) continue;
    if (problem === undefined) return yield* streamed(input);
    const offset = input.position;
    input.skip(1);
    const isFollowed = await input.seekMember();
    // Bytes behind the last member are padding, which gzip passes over as well.
    if (isFollowed || problem !== noMember || offset === 0) {
      yield { problem: `cannot unpack the member at byte ${offset}: ${problem}`, offset };
    }
  }
  if (length) yield take();
}

/** A member: its unpacked bytes and its length in the file. A length of 0 without a problem is a large member. */
interface Member {
  unpacked?: Uint8Array;
  bytes: number;
  problem?: string;
}

async function member(input: Input): Promise<Member> {
  const start = headerBytes(input.rest);
  if (start === undefined) return { bytes: 0, problem: noMember };
  while (true) {
    const packed = input.rest.subarray(start);
    try {
      const { buffer, engine } = inflate(packed);
      const end = start + engine.bytesWritten;
      if (end + 8 <= input.rest.length) {
        const problem = mismatch(buffer, input.rest.subarray(end));
        return problem ? { bytes: 0, problem } : { unpacked: buffer, bytes: end + 8 };
      }
    } catch (cause) {
      const { code, message } = cause as Error & { code?: string };
      if (code === "ERR_BUFFER_TOO_LARGE") return { bytes: 0 };
      if (code !== "Z_BUF_ERROR") return { bytes: 0, problem: message };
    }
    if (input.rest.length > maxWholeBytes) return { bytes: 0 };
    if (await input.more()) continue;
    const { buffer } = inflate(packed, constants.Z_SYNC_FLUSH);
    return { unpacked: buffer, bytes: 0, problem: "unexpected end of file" };
  }
}

/** The part of node:zlib's answer with `info: true` that its types leave out. */
interface Inflated {
  buffer: Uint8Array;
  engine: { bytesWritten: number };
}

function inflate(packed: Uint8Array, finishFlush?: number): Inflated {
  const options = { info: true, maxOutputLength: maxUnpackedBytes, chunkSize: 1 << 16, finishFlush };
  return inflateRawSync(packed, options) as unknown as Inflated;
}

/** Compares the check sum and the length behind a member with its bytes; returns the problem. */
function mismatch(unpacked: Uint8Array, trailer: Uint8Array): string | undefined {
  const view = new DataView(trailer.buffer, trailer.byteOffset, 8);
  if (view.getUint32(0, true) !== crc32(unpacked) >>> 0) return "incorrect data check";
  return view.getUint32(4, true) === unpacked.length ? undefined : "incorrect length check";
}

/** Unpacks the rest of the file as a stream. */
async function* streamed(input: Input): AsyncGenerator<Uint8Array | BrokenRecord> {
  const offset = input.position;
  try {
    yield* pipeline(
      Readable.from(input.all(), { objectMode: false }),
      createGunzip({ chunkSize: 1 << 18 }),
      () => {},
    );
  } catch (cause) {
    const { code, message } = cause as Error & { code?: string };
    if (!code?.startsWith("Z_")) throw cause;
    yield { problem: `cannot unpack the rest from byte ${offset} on: ${message}`, offset };
  }
}

/** Returns the length of the header at the start of `bytes`; undefined where no member begins or it is cut off. */
function headerBytes(bytes: Uint8Array): number | undefined {
  if (!isHeader(bytes, 0)) return undefined;
  const flags = bytes[3];
  let at = 10;
  if (flags & 4) at += 2 + bytes[10] + 256 * bytes[11];
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  return at + (flags & 2 ? 2 : 0);
}

/** Returns true where `bytes` hold the fixed part of a member's header at `at`. */
function isHeader(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && bytes[at + 3] < 32;
}

/** The unread bytes of a file, with their position. */
class Input {
  /** Position of `rest` in the file. */
  position = 0;
  /** Bytes that have been read and not yet used. */
  rest: Uint8Array = new Uint8Array(0);
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Reads on, as much again as there is; returns false at the end of the file. */
  async more(): Promise<boolean> {
    const parts = [this.rest];
    for (let length = 0; length < Math.max(1, this.rest.length);) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    this.rest = parts.length === 2 && parts[0].length === 0 ? parts[1] : concat(parts);
    return parts.length > 1;
  }

  /** Reads until there are `count` bytes; returns false when the file has no byte left. */
  async fill(count: number): Promise<boolean> {
    while (this.rest.length < count && await this.more());
    return this.rest.length > 0;
  }

  skip(count: number): void {
    this.rest = this.rest.subarray(count);
    this.position += count;
  }

  /** Goes to the next header of a member; returns false at the end of the file. */
  async seekMember(): Promise<boolean> {
    while (true) {
      for (let at = this.rest.indexOf(0x1f); at >= 0; at = this.rest.indexOf(0x1f, at + 1)) {
        const isMember = isHeader(this.rest, at) && [0, 2, 4].includes(this.rest[at + 8]) &&
          (this.rest[at + 9] < 14 || this.rest[at + 9] === 255);
        if (!isMember) continue;
        this.skip(at);
        return true;
      }
      this.skip(Math.max(0, this.rest.length - 9));
      if (await this.more()) continue;
      this.skip(this.rest.length);
      return false;
    }
  }

  /** Gives all bytes that are left. */
  async *all(): AsyncGenerator<Uint8Array> {
    yield this.rest;
    for (let next = await this.#chunks.next(); !next.done; next = await this.#chunks.next()) yield next.value;
  }
}

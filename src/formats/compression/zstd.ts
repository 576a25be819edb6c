/**
 * Decompression of Zstandard files with any number of frames (RFC 8878).
 *
 * The runtime's decompressor stops after the first frame and does not report a frame that was cut short. Therefore
 * this file finds the frames, block by block, and decompresses each by itself.
 *
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { constants, createZstdDecompress } from "node:zlib";
import { concat } from "../bytes.ts";
import type { BrokenRecord } from "../record_or_error.ts";

/** The bytes that open a frame, and the most unpacked bytes that wait for the end of their frame. [ours] */
const magicNumber = 0xfd2fb528;
const maxHeldBytes = 1 << 20;

/** Unpacks the frames of `file`; a broken record stands in place of each damaged one. */
export async function* unpackZstd(
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | BrokenRecord> {
  const input = new Input(file);
  while (true) {
    const offset = input.position;
    try {
      const magic = await input.take(4, true);
      if (!magic) return;
      const mark = word(magic);
      if (mark >>> 4 === 0x184d2a5) await input.take(word(await input.take(4)));
      else if (mark === magicNumber) yield* held(frame(magic, input));
      else throw new Error("a frame was expected, found other bytes");
    } catch (cause) {
      yield { problem: `cannot unpack the frame at byte ${offset}: ${(cause as Error).message}`, offset };
      if (!await input.seekFrame()) return;
    }
  }
}

/** Unpacks a frame. Up to 1 MiB waits for its end, so that nothing of a damaged small frame gets through. */
async function* held(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacked = pipeline(
    Readable.from(packed, { objectMode: false }),
    createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 31 } }),
    () => {},
  );
  let waiting: Uint8Array[] | undefined = [];
  let length = 0;
  for await (const chunk of unpacked as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    waiting?.push(chunk);
    if (waiting === undefined) yield chunk;
    else if (length > maxHeldBytes) {
      yield* waiting;
      waiting = undefined;
    }
  }
  if (waiting) yield* waiting;
}

/** Streams the bytes of one frame: its header, then its blocks. */
async function* frame(magic: Uint8Array, input: Input): AsyncGenerator<Uint8Array> {
  yield magic;
  const [descriptor] = yield* forward(input, 1);
  const single = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const sizeBytes = sizeFlag === 0 ? single : 1 << sizeFlag;
  yield* forward(input, (single ? 0 : 1) + dictionaryBytes + sizeBytes);
  for (let last = false; !last;) {
    const [a, b, c] = yield* forward(input, 3);
    const header = a | (b << 8) | (c << 16);
    const isRunLength = ((header >> 1) & 3) === 1;
    yield* forward(input, isRunLength ? 1 : header >> 3);
    last = (header & 1) === 1;
  }
  if ((descriptor >> 2) & 1) yield* forward(input, 4);
}

/** Yields the next `count` bytes and returns them. */
async function* forward(input: Input, count: number): AsyncGenerator<Uint8Array, Uint8Array> {
  const bytes = await input.take(count);
  if (count > 0) yield bytes;
  return bytes;
}

function word(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** A byte source that hands out exact counts. */
class Input {
  /** Number of bytes taken. */
  position = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(file: AsyncIterable<Uint8Array>) {
    this.#chunks = file[Symbol.asyncIterator]();
  }

  /** Returns the next `count` bytes; with `orEnd`, undefined at the end of the file. */
  async take(count: number): Promise<Uint8Array>;
  async take(count: number, orEnd: true): Promise<Uint8Array | undefined>;
  async take(count: number, orEnd = false): Promise<Uint8Array | undefined> {
    while (this.#rest.length < count) {
      const { done, value } = await this.#chunks.next();
      if (done && orEnd && this.#rest.length === 0) return undefined;
      if (done) throw new Error("the file ends inside a frame");
      this.#rest = concat([this.#rest, value]);
    }
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    this.position += count;
    return bytes;
  }

  /** Advances to the next bytes that open a frame; returns false at the end of the file. */
  async seekFrame(): Promise<boolean> {
    while (true) {
      for (let at = this.#rest.indexOf(0x28); at >= 0; at = this.#rest.indexOf(0x28, at + 1)) {
        if (at + 4 > this.#rest.length || word(this.#rest.subarray(at, at + 4)) !== magicNumber) continue;
        this.position += at;
        this.#rest = this.#rest.subarray(at);
        return true;
      }
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      const kept = this.#rest.subarray(Math.max(0, this.#rest.length - 3));
      this.position += this.#rest.length - kept.length;
      this.#rest = concat([kept, value]);
    }
  }
}

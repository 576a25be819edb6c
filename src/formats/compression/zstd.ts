/**
 * Decompression of Zstandard files with any number of frames (RFC 8878).
 *
 * The runtime's decompressor stops after the first frame and does not report a frame that was cut short. Therefore
 * this file finds the frames, block by block, and decompresses each by itself.
 *
 * @module
 */
import { pipeline, Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { concat } from "../bytes.ts";

/** Streams the unpacked bytes of `file`. */
export async function* unpackZstd(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new Input(file);
  for (let magic = await input.take(4, true); magic; magic = await input.take(4, true)) {
    const mark = word(magic);
    if (mark >>> 4 === 0x184d2a5) await input.take(word(await input.take(4)));
    else if (mark !== 0xfd2fb528) throw new Error("a zstd frame was expected, found other bytes");
    else {yield* pipeline(
        Readable.from(frame(magic, input), { objectMode: false }),
        createZstdDecompress(),
        () => {},
      );}
  }
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
    return bytes;
  }
}

/**
 * Files of equal entries in numbered ranges: one job writes such a file, others read the ranges that they work on.
 *
 * The file is a list of blocks. A block holds entries in ascending order of their ranges, and behind them a table with
 * the first entry and the checksum of each range. At the end stand the facts of the file as JSON, their length, their
 * checksum and a magic number. All numbers are unsigned 32-bit words, little-endian. A file gets its name when it is complete.
 *
 * @module
 */
import { DataError } from "../../../base/errors.ts";
import { type Write, writeAtomically } from "../../../formats/atomic_file.ts";

const magic = 0x324c4c46; // "FLL2", the last word of a file
const trailerBytes = 12;
/** Checksum of nothing; not 0, so that a part of the disk that lost its bytes is no empty range. */
const emptyChecksum = 0x811c9dc5;
const bufferWords = 1 << 18;
const maxBlockEntries = 2 ** 32 - 1;

/** The shape of a file. */
export interface RangeShape {
  /** Words per entry. */
  width: number;
  /** Number of ranges; undefined in a file of one block, where it follows from the last range that is written. */
  ranges?: number;
}

/** The JSON at the end of a file. */
interface Footer<F> {
  key: string;
  width: number;
  ranges: number;
  /** Number of entries in each block. */
  blocks: number[];
  facts: F;
}

/**
 * Writes a file. `fill` appends its entries and returns its facts, which JSON can hold. `key` names everything that the
 * contents depend on.
 */
export async function writeRanges<F>(
  path: string,
  key: string,
  shape: RangeShape,
  fill: (file: RangeWriter) => Promise<F>,
  signal?: AbortSignal,
): Promise<void> {
  await writeAtomically(path, async (write) => {
    const file = new RangeWriter(write, shape);
    const facts = await fill(file);
    await file.finish(key, facts);
  }, signal);
}

/** The writer of a file, for use in {@linkcode writeRanges}. */
export class RangeWriter {
  readonly #write: Write;
  readonly #shape: RangeShape;
  readonly #blocks: number[] = [];
  readonly #buffer = new Uint32Array(bufferWords);
  #used = 0;
  /** First entry and checksum of each range of the block so far. */
  #table = new Uint32Array(1 << 8);
  #ranges = 0;
  #entries = 0;
  #longest = 0;

  /** Makes the writer of an empty file. */
  constructor(write: Write, shape: RangeShape) {
    this.#write = write;
    this.#shape = shape;
  }

  /** Appends entries to a range; a range below the last one begins a new block. */
  async append(range: number, words: Uint32Array): Promise<void> {
    const entries = words.length / this.#shape.width;
    if (entries === 0) return;
    if (range < this.#ranges - 1 || this.#entries + entries > maxBlockEntries) await this.#endBlock();
    this.#reach(range + 1);
    const at = 2 * range + 1;
    this.#table[at] = checksum(words, this.#table[at]);
    this.#entries += entries;
    for (let done = 0; done < words.length;) {
      if (this.#used === bufferWords) await this.#flush();
      const part = words.subarray(done, done + bufferWords - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      done += part.length;
    }
  }

  /** Ends the file. */
  async finish(key: string, facts: unknown): Promise<void> {
    if (this.#entries > 0) await this.#endBlock();
    await this.#flush();
    const { width, ranges = this.#longest } = this.#shape;
    const footer: Footer<unknown> = { key, width, ranges, blocks: this.#blocks, facts };
    const json = new TextEncoder().encode(JSON.stringify(footer));
    await this.#write(json);
    await this.#write(bytesOf(Uint32Array.of(json.length, checksum(json, emptyChecksum), magic)));
  }

  /** Extends the table to `ranges` ranges, of which new ones begin at the end of the entries so far. */
  #reach(ranges: number): void {
    while (2 * ranges + 2 > this.#table.length) {
      const larger = new Uint32Array(2 * this.#table.length);
      larger.set(this.#table);
      this.#table = larger;
    }
    for (; this.#ranges < ranges; this.#ranges++) {
      this.#table[2 * this.#ranges] = this.#entries;
      this.#table[2 * this.#ranges + 1] = emptyChecksum;
    }
  }

  async #endBlock(): Promise<void> {
    if (this.#shape.ranges === undefined && this.#blocks.length > 0) {
      throw new DataError(
        "Cannot write more than 2^32 words about one file: split the file, or read it by ranges",
      );
    }
    const ranges = this.#longest = this.#shape.ranges ?? this.#ranges;
    this.#reach(ranges);
    this.#table[2 * ranges] = this.#entries;
    await this.#flush();
    await this.#write(bytesOf(this.#table.slice(0, 2 * ranges + 1)));
    this.#blocks.push(this.#entries);
    this.#entries = this.#ranges = 0;
  }

  async #flush(): Promise<void> {
    if (this.#used > 0) await this.#write(bytesOf(this.#buffer.slice(0, this.#used)));
    this.#used = 0;
  }
}

/** A block of a file. */
interface Block {
  /** First byte of its entries. */
  entries: number;
  /** First byte of its table. */
  table: number;
  /** Number of its entries. */
  count: number;
}

/** A complete file, open for reading. */
export class RangeFile<F = unknown> {
  /** The facts that its writer gave. */
  readonly facts: F;
  /** Number of ranges. */
  readonly ranges: number;
  /** Number of entries in all ranges. */
  readonly entries: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #width: number;
  readonly #blocks: readonly Block[];

  private constructor(
    path: string,
    file: Deno.FsFile,
    footer: Footer<F>,
    blocks: readonly Block[],
  ) {
    this.#path = path;
    this.#file = file;
    this.facts = footer.facts;
    this.ranges = footer.ranges;
    this.entries = footer.blocks.reduce((sum, entries) => sum + entries, 0);
    this.#width = footer.width;
    this.#blocks = blocks;
  }

  /**
   * Opens a file.
   *
   * @throws {DataError} naming the file when it is missing, incomplete, or was made for another `key`
   */
  static open<F>(path: string, key: string, { width }: RangeShape): RangeFile<F> {
    const file = openFile(path);
    try {
      const footer = footerOf<F>(path, file);
      if (footer.key !== key || footer.width !== width) {
        throw new DataError(
          `Cannot use ${path}: it was made of other data or with other options; remove it and run its job again`,
          { file: path },
        );
      }
      let end = 0;
      const blocks = footer.blocks.map((count) => {
        const entries = end;
        const table = entries + count * width * 4;
        end = table + (2 * footer.ranges + 1) * 4;
        return { entries, table, count };
      });
      return new RangeFile(path, file, footer, blocks);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Number of blocks; a range may have entries in each. */
  get blocks(): number {
    return this.#blocks.length;
  }

  /** Returns the number of entries of a range. */
  count(range: number): number {
    return this.#blocks.reduce((sum, block) => sum + this.#slice(block, range).count, 0);
  }

  /**
   * Yields the words of a range, whole entries, in arrays that the reader may keep.
   *
   * @throws {DataError} naming the file when the entries are not those that were written
   */
  *read(range: number): Generator<Uint32Array<ArrayBuffer>> {
    for (const block of this.#blocks) {
      const { first, count, check } = this.#slice(block, range);
      let at = block.entries + first * this.#width * 4;
      let found = emptyChecksum;
      for (let left = count * this.#width; left > 0;) {
        const words = this.#words(at, Math.min(left, bufferWords - bufferWords % this.#width));
        found = checksum(words, found);
        at += words.byteLength;
        left -= words.length;
        yield words;
      }
      if (found !== check) throw damaged(this.#path);
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  #slice({ table, count }: Block, range: number): { first: number; count: number; check: number } {
    const [first, check, next] = this.#words(table + 8 * range, 3);
    if (first > next || next > count) throw damaged(this.#path);
    return { first, check, count: next - first };
  }

  #words(at: number, count: number): Uint32Array<ArrayBuffer> {
    return readWords(this.#path, this.#file, at, count);
  }
}

/** Returns the facts of a complete file of this key; undefined when there is none. */
export function factsOf<F>(path: string, key: string, shape: RangeShape): F | undefined {
  try {
    using file = RangeFile.open<F>(path, key, shape);
    return file.facts;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new DataError(`Cannot read ${path}: there is no such file, run the job that writes it`, {
      file: path,
      cause,
    });
  }
}

function footerOf<F>(path: string, file: Deno.FsFile): Footer<F> {
  const { size } = file.statSync();
  if (size < trailerBytes) throw damaged(path);
  const [length, check, last] = readWords(path, file, size - trailerBytes, 3);
  if (last !== magic || length > size - trailerBytes) throw damaged(path);
  const bytes = new Uint8Array(length);
  readBytes(path, file, size - trailerBytes - length, bytes);
  if (checksum(bytes, emptyChecksum) !== check) throw damaged(path);
  return JSON.parse(new TextDecoder().decode(bytes));
}

function readWords(path: string, file: Deno.FsFile, at: number, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(count);
  readBytes(path, file, at, new Uint8Array(words.buffer));
  return words;
}

function readBytes(path: string, file: Deno.FsFile, at: number, bytes: Uint8Array): void {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const read = file.readSync(bytes.subarray(done));
    if (read === null) throw damaged(path);
    done += read;
  }
}

function damaged(path: string): DataError {
  return new DataError(`Cannot read ${path}: it is damaged, remove it and run the job that writes it again`, {
    file: path,
  });
}

function bytesOf(words: Uint32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Returns the checksum of words, or bytes, that follow those of the checksum `soFar`. */
function checksum(words: Uint32Array | Uint8Array, soFar: number): number {
  let h = soFar;
  for (let i = 0; i < words.length; i++) {
    h = Math.imul(h ^ words[i], 0x01000193);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

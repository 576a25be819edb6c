/**
 * Shards: files of records of equal size (token ids, supervision marks, document offsets) behind a 64-byte header.
 *
 * Header, little-endian: `LLAMEROS` (8 bytes), version u32, record bytes u32, kind (16 bytes of ASCII, zero-filled),
 * records i64, vocabulary size u32, zeros. The record count is written last (-1 until then), so a shard that was cut
 * short, or whose writer died, never opens. Records are read on demand: memory does not grow with the file.
 *
 * @module
 */
import { FormatError } from "../base/errors.ts";

const magic = "LLAMEROS";
const version = 1;
const headerBytes = 64;
const bufferBytes = 1 << 20;

/** The identifying fields of a shard's header. */
interface ShardHeader {
  /** Name of the kind of records, at most 16 ASCII characters. */
  kind: string;
  /** Bytes per record. */
  recordBytes: number;
  /** Size of the vocabulary; every id is smaller. */
  vocabSize: number;
}

/** Writer of one shard: call `append` as often as needed, then `finish`; without it the file stays unreadable. */
export class ShardWriter {
  /** Number of records appended so far. */
  records = 0;
  readonly #file: Deno.FsFile;
  readonly #header: ShardHeader;
  readonly #buffer = new Uint8Array(bufferBytes);
  #used = 0;

  /**
   * Creates (or empties) the file at `path`; with `records`, keeps the first `records` of an unfinished shard and
   * continues behind them.
   *
   * @throws {FormatError} when the unfinished shard holds fewer
   */
  constructor(path: string, header: ShardHeader, records = 0) {
    this.#header = header;
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: records === 0 });
    writeAll(this.#file, headerOf(header, -1));
    if (records > 0) this.#resume(path, records);
  }

  /** Appends the bytes of whole records. */
  append(records: Uint8Array | Uint16Array | Uint32Array | Float64Array): void {
    let bytes = new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
    this.records += bytes.length / this.#header.recordBytes;
    while (bytes.length > 0) {
      const part = bytes.subarray(0, bufferBytes - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      bytes = bytes.subarray(part.length);
      if (this.#used === bufferBytes) this.#flush();
    }
  }

  /** Syncs the appended records to the disk; the file stays unreadable. */
  sync(): void {
    this.#flush();
    this.#file.syncDataSync();
  }

  /** Writes the buffered records and the record count, and closes the file. */
  finish(): void {
    this.#flush();
    this.#file.seekSync(0, Deno.SeekMode.Start);
    writeAll(this.#file, headerOf(this.#header, this.records));
    this.#file.syncSync();
    this.#file.close();
  }

  /** Closes the file without making it readable. */
  abandon(): void {
    this.#file.close();
  }

  #resume(path: string, records: number): void {
    const end = headerBytes + records * this.#header.recordBytes;
    const { size } = this.#file.statSync();
    if (size < end) {
      this.#file.close();
      throw damaged(path, size, `${records} records`, "the file ends here");
    }
    this.#file.truncateSync(end);
    this.#file.seekSync(end, Deno.SeekMode.Start);
    this.records = records;
  }

  #flush(): void {
    writeAll(this.#file, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Random access to the records of a finished shard. */
export class ShardReader {
  /** Number of records. */
  readonly records: number;
  /** Path of the file. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #recordBytes: number;

  /**
   * Opens the shard, compares its header with `expected` and its size with the record count.
   *
   * @throws {FormatError} naming the file, the byte and the expected value
   */
  constructor(path: string, expected: ShardHeader) {
    this.path = path;
    this.#recordBytes = expected.recordBytes;
    this.#file = openShard(path);
    try {
      this.records = checkHeader(path, this.#file, expected);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * Reads the bytes of records `start` to `start + count` (exclusive).
   *
   * @throws {FormatError} when the file ends before them
   */
  read(start: number, count: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(count * this.#recordBytes);
    const offset = headerBytes + start * this.#recordBytes;
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    const found = readFully(this.#file, bytes);
    if (found < bytes.length) {
      throw damaged(this.path, offset + found, `${bytes.length} bytes of records`, "the file ends here");
    }
    return bytes;
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }
}

function headerOf({ kind, recordBytes, vocabSize }: ShardHeader, records: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic), 0);
  view.setUint32(8, version, true);
  view.setUint32(12, recordBytes, true);
  bytes.set(new TextEncoder().encode(kind), 16);
  view.setBigInt64(32, BigInt(records), true);
  view.setUint32(40, vocabSize, true);
  return bytes;
}

function checkHeader(path: string, file: Deno.FsFile, expected: ShardHeader): number {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  const size = file.statSync().size;
  if (readFully(file, bytes) < headerBytes) {
    throw damaged(path, size, "a header of 64 bytes", "the file ends here");
  }
  const check = (offset: number, name: string, found: string | number, wanted: string | number) => {
    if (found !== wanted) throw damaged(path, offset, `${name} ${wanted}`, `it is ${JSON.stringify(found)}`);
  };
  check(0, "the mark", ascii(bytes.subarray(0, 8)), magic);
  check(8, "format version", view.getUint32(8, true), version);
  check(12, "record bytes", view.getUint32(12, true), expected.recordBytes);
  check(16, "kind", ascii(bytes.subarray(16, 32)), expected.kind);
  check(40, "vocabulary size", view.getUint32(40, true), expected.vocabSize);
  const records = Number(view.getBigInt64(32, true));
  if (records < 0) throw damaged(path, 32, "a record count", "its writer never finished");
  check(32, "file size in bytes", size, headerBytes + records * expected.recordBytes);
  return records;
}

function openShard(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new FormatError("Cannot open the token shard: it is missing, delete its folder to make it again", {
      file: path,
      cause,
    });
  }
}

function damaged(file: string, offset: number, expected: string, found: string): FormatError {
  return new FormatError(
    `Cannot use the token shard: expected ${expected}, but ${found}; delete its folder to make it again`,
    { file, offset, expected },
  );
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/\0+$/, "");
}

function readFully(file: Deno.FsFile, into: Uint8Array): number {
  let done = 0;
  while (done < into.length) {
    const count = file.readSync(into.subarray(done));
    if (count === null) break;
    done += count;
  }
  return done;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

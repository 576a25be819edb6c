/**
 * Writer of a dataset as JSON Lines: one file, or shards when the path has a `*`; compressed for `.gz` and `.zst`.
 *
 * Each file gets its name only when it is complete.
 *
 * @module
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { type Write, writeAtomically } from "../../formats/atomic_file.ts";
import { fingerprintOf, hashOf } from "../plan/fingerprint.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { PassOptions } from "../plan/pass.ts";
import { ShardJournal } from "./jsonl_shard_journal.ts";
import { type DatasetStats, tallied } from "../reports/stats.ts";

/** Options of `Dataset.write`. */
export interface WriteOptions {
  /**
   * Bytes of lines (before compression) after which the next shard begins, when the path has a `*`; default 256 MiB
   * [ours].
   */
  shardBytes?: number;
  /** Path of a second file for dropped records, one `{ step, reason, record }` per line. */
  rejects?: string;
  /** Number of workers for steps that judge one text at a time; 0 for none, default by the amount of work. */
  workers?: number;
  /** Stops the writing; earlier files of these names stay as they were. */
  signal?: AbortSignal;
}

const schema = optionsSchema<WriteOptions>()(z.strictObject({
  shardBytes: z.number().int().min(1).default(1 << 28),
  rejects: z.string().optional(),
  workers: z.number().int().min(0).optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/**
 * Writes one record per line and returns the statistics of the pass. A path with a `*`, such as `out/wiki-*.jsonl.zst`,
 * makes shards `out/wiki-00000.jsonl.zst` and on. After a kill, the same call resumes: the dataset is read again, and
 * records in complete shards are not written again.
 *
 * @throws {DataError} when a name does not end in `.jsonl`, `.jsonl.gz` or `.jsonl.zst`
 */
export async function writePlan(
  plan: DatasetPlan,
  path: string,
  options: WriteOptions,
): Promise<DatasetStats> {
  const { rejects, signal, shardBytes, workers } = parseOptions(schema, options, "Dataset.write");
  const write = (rejected?: Lines) => {
    const onReject = rejected &&
      ((step: string, reason: string, record: unknown) =>
        rejected.add(record, rejectLine({ step, reason, record })));
    const pass = { signal, onReject, workers };
    return path.includes("*")
      ? toShards(plan, path, shardBytes, pass)
      : toFile(path, signal, (lines) => tallied(plan, pass, (value) => lines.add(value)));
  };
  return rejects === undefined ? await write() : await toFile(rejects, signal, write);
}

async function toShards(
  plan: DatasetPlan,
  path: string,
  shardBytes: number,
  pass: PassOptions,
): Promise<DatasetStats> {
  const folder = path.replace(/[^\\/]*$/, "");
  if (folder) await Deno.mkdir(folder, { recursive: true });
  const journal = await ShardJournal.open(path, hashOf([fingerprintOf(plan), shardBytes]), isOneShot(plan));
  const queue = new ShardQueue(journal, compressorOf(path), shardBytes, pass.signal);
  try {
    const stats = await tallied(plan, pass, (value) => queue.add(value));
    await queue.finish();
    await journal.finish();
    return stats;
  } catch (error) {
    await queue.abandon(error);
    throw error;
  }
}

/** Returns true when a later process cannot recognise the plan's input, so that a write cannot resume. */
function isOneShot(plan: DatasetPlan): boolean {
  return plan.opaque === true || plan.inputs.some(isOneShot);
}

/** A writer of records to one shard after another. */
class ShardQueue {
  readonly #journal: ShardJournal;
  readonly #compress: Compress;
  readonly #maxBytes: number;
  readonly #signal?: AbortSignal;
  #skip: number;
  #open?: { lines: Lines; records: number; close: (error?: unknown) => Promise<void> };

  constructor(journal: ShardJournal, compress: Compress, maxBytes: number, signal?: AbortSignal) {
    this.#journal = journal;
    this.#compress = compress;
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.#skip = journal.records;
  }

  async add(value: unknown): Promise<void> {
    if (this.#skip > 0) return void this.#skip--;
    const shard = this.#open ??= await this.#begin();
    await shard.lines.add(value);
    shard.records++;
    if (shard.lines.bytes >= this.#maxBytes) await this.finish();
  }

  async finish(): Promise<void> {
    const shard = this.#open;
    this.#open = undefined;
    if (!shard) return;
    await shard.close();
    await this.#journal.add(shard.records);
  }

  async abandon(error: unknown): Promise<void> {
    await this.#open?.close(error ?? new Error("abandoned")).catch(() => {});
  }

  /** Opens the next shard; its file gets its name when `close` is called without an error. */
  #begin(): Promise<{ lines: Lines; records: number; close: (error?: unknown) => Promise<void> }> {
    return new Promise((opened, failed) => {
      const written = writeAtomically(this.#journal.next, async (write) => {
        const lines = new Lines(this.#compress, write);
        await new Promise<void>((done, stop) => {
          const close = async (error?: unknown) => {
            error === undefined ? done() : stop(error);
            await written;
          };
          opened({ lines, records: 0, close });
        });
        await lines.flush();
      }, this.#signal);
      written.catch(failed);
    });
  }
}

async function toFile<R>(
  path: string,
  signal: AbortSignal | undefined,
  fill: (lines: Lines) => Promise<R>,
): Promise<R> {
  const compress = compressorOf(path);
  const folder = path.replace(/[^\\/]*$/, "");
  if (folder) await Deno.mkdir(folder, { recursive: true });
  let result: R;
  await writeAtomically(path, async (write) => {
    const lines = new Lines(compress, write);
    result = await fill(lines);
    await lines.flush();
  }, signal);
  return result!;
}

type Compress = (bytes: Uint8Array) => Uint8Array;

/** Returns the compression of a file by its name. Each block is compressed by itself, as a member of the file. */
function compressorOf(path: string): Compress {
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
class Lines {
  /** Bytes of all lines so far, before compression. */
  bytes = 0;
  readonly #compress: Compress;
  readonly #write: Write;
  readonly #block = new Uint8Array(blockBytes);
  #used = 0;

  constructor(compress: Compress, write: Write) {
    this.#compress = compress;
    this.#write = write;
  }

  /** Appends a record, or the `line` of one. */
  async add(value: unknown, line: string = lineOf(value)): Promise<void> {
    if (!this.#fits(line)) {
      await this.flush();
      if (!this.#fits(line)) await this.#writeLong(encoder.encode(line));
    }
  }

  async flush(): Promise<void> {
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
function rejectLine(reject: { step: string; reason: string; record: unknown }): string {
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

/**
 * A dataset as JSON Lines, packed when the name ends in `.gz` or `.zst`: one file, or shards where the name has a `*`.
 * Each file takes its name only when complete.
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

/** How a dataset is written. */
export interface WriteOptions {
  /**
   * Bytes of text lines (before packing) behind which the next shard begins, where the path has a `*`; default 256 MiB
   * [ours].
   */
  shardBytes?: number;
  /** A second file for what the steps drop: `{ step, reason, record }` a line. */
  rejects?: string;
  /** How many workers do the steps that judge one text at a time; 0 for none, default by what there is to do. */
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
 * Writes one record a line and returns the numbers of the pass. With a `*` in its name, such as `out/wiki-*.jsonl.zst`,
 * it becomes shards `out/wiki-00000.jsonl.zst` and on; a process that was killed is then gone on with: the dataset is
 * read again, and what stands in complete shards of the same dataset is not written again.
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
      ((step: string, reason: string, record: unknown) => rejected.add({ step, reason, record }));
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
  const queue = new ShardQueue(journal, packerOf(path), shardBytes, pass.signal);
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

/** Whether a plan reads something that cannot be told from another such thing in the next process. */
function isOneShot(plan: DatasetPlan): boolean {
  return plan.opaque === true || plan.inputs.some(isOneShot);
}

/** Records on their way to one shard after another. */
class ShardQueue {
  readonly #journal: ShardJournal;
  readonly #pack: Pack;
  readonly #most: number;
  readonly #signal?: AbortSignal;
  #skip: number;
  #open?: { lines: Lines; records: number; close: (error?: unknown) => Promise<void> };

  constructor(journal: ShardJournal, pack: Pack, most: number, signal?: AbortSignal) {
    this.#journal = journal;
    this.#pack = pack;
    this.#most = most;
    this.#signal = signal;
    this.#skip = journal.records;
  }

  async add(value: unknown): Promise<void> {
    if (this.#skip > 0) return void this.#skip--;
    const shard = this.#open ??= await this.#begin();
    await shard.lines.add(value);
    shard.records++;
    if (shard.lines.bytes >= this.#most) await this.finish();
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

  /** Opens the next shard: its file is filled by whoever adds, and takes its name when it is closed. */
  #begin(): Promise<{ lines: Lines; records: number; close: (error?: unknown) => Promise<void> }> {
    return new Promise((opened, failed) => {
      const written = writeAtomically(this.#journal.next, async (write) => {
        const lines = new Lines(this.#pack, write);
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
  const pack = packerOf(path);
  const folder = path.replace(/[^\\/]*$/, "");
  if (folder) await Deno.mkdir(folder, { recursive: true });
  let result: R;
  await writeAtomically(path, async (write) => {
    const lines = new Lines(pack, write);
    result = await fill(lines);
    await lines.flush();
  }, signal);
  return result!;
}

type Pack = (bytes: Uint8Array) => Uint8Array;

/** Each piece is packed by itself: both formats allow members one behind another. */
function packerOf(path: string): Pack {
  if (path.endsWith(".jsonl")) return (bytes) => bytes;
  if (path.endsWith(".jsonl.gz")) return gzipSync;
  if (path.endsWith(".jsonl.zst")) return zstdCompressSync;
  throw new DataError(`Cannot write ${path}: its name must end in .jsonl, .jsonl.gz or .jsonl.zst`, {
    file: path,
  });
}

const encoder = new TextEncoder();
const pieceBytes = 1 << 20;

/** Lines on their way to a file, as bytes from the beginning: texts that wait would fill the heap. */
class Lines {
  /** Bytes of the lines so far, before packing. */
  bytes = 0;
  readonly #pack: Pack;
  readonly #write: Write;
  readonly #piece = new Uint8Array(pieceBytes);
  #used = 0;

  constructor(pack: Pack, write: Write) {
    this.#pack = pack;
    this.#write = write;
  }

  async add(value: unknown): Promise<void> {
    const line = lineOf(value);
    if (!this.#fits(line)) {
      await this.flush();
      if (!this.#fits(line)) await this.#give(encoder.encode(line));
    }
  }

  async flush(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#used);
    this.#used = 0;
    if (piece.length) await this.#write(this.#pack(piece));
  }

  /** Adds a line to the piece, unless it is longer than what is left of it. */
  #fits(line: string): boolean {
    const { read, written } = encoder.encodeInto(line, this.#piece.subarray(this.#used));
    if (read < line.length) return false;
    this.#used += written;
    this.bytes += written;
    return true;
  }

  async #give(line: Uint8Array): Promise<void> {
    this.bytes += line.length;
    await this.#write(this.#pack(line));
  }
}

function lineOf(value: unknown): string {
  const line = JSON.stringify(value);
  if (line === undefined) {
    throw new DataError(`Cannot write a record as JSON: it is ${show(value)}; leave it out by filter`);
  }
  return `${line}\n`;
}

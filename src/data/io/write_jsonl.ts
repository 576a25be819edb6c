/**
 * Writer of a dataset as JSON Lines: one file, or shards when the path has a `*`; compressed for `.gz` and `.zst`.
 *
 * Each file gets its name only when it is complete.
 *
 * @module
 */
import { basename } from "node:path";
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { fingerprintOf, hashOf } from "../plan/fingerprint.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { PassOptions } from "../plan/pass.ts";
import { type Compress, compressorOf, Lines, rejectLine } from "./jsonl_lines.ts";
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
  /**
   * Writes one part of the dataset, counted from 0, as one of several jobs: each input file, or range of a large one, gives
   * a shard and a line of the manifest beside the shards, and what the manifest proves is not done again. `auto` takes the
   * task of a Slurm array, the index of a Kubernetes job (whose completions are `of`) or the rank under `mpirun` or `srun`;
   * without any of them the one part of one. The path needs a `*`, and may end in `.parquet`.
   */
  part?: number | "auto";
  /** Number of parts; default: the number of tasks or processes. The records do not depend on it. */
  of?: number;
  /** With `part`: bytes of the range of a large file that gives one shard; default 1 GiB [ours]. */
  unitBytes?: number;
  /** Stops the writing; earlier files of these names stay as they were. */
  signal?: AbortSignal;
}

const count = z.number().int().min(1).optional();

/** The schema of {@linkcode WriteOptions}. */
export const writeSchema = optionsSchema<WriteOptions>("WriteOptions")(
  z.strictObject({
    shardBytes: count,
    rejects: z.string().optional(),
    workers: z.number().int().min(0).optional(),
    signal: z.instanceof(AbortSignal).optional(),
    part: z.union([z.number().int().min(0), z.literal("auto")], 'must be a number from 0, or "auto"')
      .optional(),
    of: count,
    unitBytes: count,
  }).superRefine((options, context) => {
    const complain = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const isPart = isPartOfJob(options);
    if (isPart && options.shardBytes !== undefined) {
      complain(
        "shardBytes",
        "must be left out with part, since each input file gives one shard; see unitBytes",
      );
    }
    if (!isPart && options.unitBytes !== undefined) complain("unitBytes", "needs part");
  }),
);

/** Returns true for options that ask for one part of a job. */
export function isPartOfJob({ part, of }: WriteOptions): boolean {
  return part !== undefined || of !== undefined;
}

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
  const { rejects, signal, shardBytes = 1 << 28, workers } = parseOptions(
    writeSchema,
    options,
    "Dataset.write",
  );
  const write = (rejected?: Lines) => {
    const onReject = rejected &&
      ((step: string, reason: string, record: unknown) =>
        rejected.add(record, rejectLine({ step, reason, record })));
    const pass = { signal, onReject, workers };
    return path.includes("*")
      ? toShards(plan, path, shardBytes, pass)
      : toFile(path, signal, (lines) =>
        tallied(plan, pass, (value) =>
          lines.add(value), `writing ${basename(path)}`));
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
    const stats = await tallied(plan, pass, (value) => queue.add(value), `writing ${basename(path)}`);
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
        await lines.finish();
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
    await lines.finish();
  }, signal);
  return result!;
}

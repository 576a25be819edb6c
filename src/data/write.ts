/**
 * A dataset as a JSON Lines file, packed when its name ends in `.gz` or `.zst`; it takes its name only when complete.
 *
 * @module
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { parseOptions, type Same } from "../base/schema.ts";
import { type Write, writeAtomically } from "../formats/atomic_file.ts";
import type { Plan } from "./plan.ts";
import { type DatasetStats, tallied } from "./stats.ts";

/** How a dataset is written. */
export interface WriteOptions {
  /** A second file for what the steps drop: `{ step, reason, record }` a line. */
  rejects?: string;
  /** Stops the writing; earlier files of these names stay as they were. */
  signal?: AbortSignal;
}

const schema = z.strictObject({
  rejects: z.string().optional(),
  signal: z.instanceof(AbortSignal).optional(),
}) satisfies z.ZodType<WriteOptions>;
true satisfies Same<keyof z.input<typeof schema>, keyof WriteOptions>;

/**
 * Writes one record a line and returns the numbers of the pass.
 *
 * @throws {DataError} when a name does not end in `.jsonl`, `.jsonl.gz` or `.jsonl.zst`
 */
export async function writePlan(plan: Plan, path: string, options: WriteOptions): Promise<DatasetStats> {
  const { rejects, signal } = parseOptions(schema, options, "Dataset.write");
  const write = (rejected?: Lines) =>
    toFile(path, signal, (lines) => {
      const onReject = rejected &&
        ((step: string, reason: string, record: unknown) => rejected.add({ step, reason, record }));
      return tallied(plan, { signal, onReject }, (value) => lines.add(value));
    });
  return rejects === undefined ? await write() : await toFile(rejects, signal, write);
}

async function toFile<R>(
  path: string,
  signal: AbortSignal | undefined,
  fill: (lines: Lines) => Promise<R>,
): Promise<R> {
  const pack = packerOf(path), folder = path.replace(/[^\\/]*$/, "");
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

const encoder = new TextEncoder(), pieceLength = 1 << 20;

/** Lines on their way to a file. */
class Lines {
  readonly #pack: Pack;
  readonly #write: Write;
  #lines: string[] = [];
  #length = 0;

  constructor(pack: Pack, write: Write) {
    this.#pack = pack;
    this.#write = write;
  }

  async add(value: unknown): Promise<void> {
    const line = JSON.stringify(value);
    this.#lines.push(line, "\n");
    this.#length += line.length;
    if (this.#length >= pieceLength) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#lines.join("");
    [this.#lines, this.#length] = [[], 0];
    if (text !== "") await this.#write(this.#pack(encoder.encode(text)));
  }
}

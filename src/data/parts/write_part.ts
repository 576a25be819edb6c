/**
 * Writer of one part of a dataset, as JSON Lines or Parquet.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { parseOptions } from "../../base/schema.ts";
import { type Write, writeAtomically } from "../../formats/atomic_file.ts";
import type { Document } from "../document.ts";
import { compressorOf, Lines, type RecordWriter, rejectLine } from "../io/jsonl_lines.ts";
import { ParquetRows } from "../io/parquet_rows.ts";
import { type WriteOptions, writeSchema } from "../io/write_jsonl.ts";
import type { InputUnit } from "../plan/input_unit.ts";
import type { OnReject } from "../plan/pass.ts";
import { SharedWork } from "../plan/shared_work.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type DatasetStats, tallied } from "../reports/stats.ts";
import { foldLines } from "./fold_manifest.ts";
import { ManifestFolder } from "./manifest.ts";
import { partOf } from "./part_selection.ts";
import { runPart, type ShardContent } from "./run_parts.ts";

/**
 * Writes the shards of one part and returns the counts of its units, those of an earlier run included.
 *
 * @throws {ConfigError} when the numbers name no part, or a step cannot be done by parts
 * @throws {DataError} when the path has no `*`, or another ending than those that are written
 */
export async function writePart(
  plan: DatasetPlan,
  path: string,
  options: WriteOptions,
): Promise<DatasetStats> {
  const { rejects, signal, workers, unitBytes, part, of } = parseOptions(
    writeSchema,
    options,
    "Dataset.write",
  );
  checkPatterns(path, rejects);
  const job = {
    ...partOf({ part, of }),
    pattern: path,
    unitBytes,
    signal,
    form: [ending(path), rejects ?? null],
  };
  using shared = new SharedWork();
  const rejected = rejects === undefined ? undefined : new ManifestFolder(rejects);
  const fill = (unit: InputUnit, write: Write) =>
    withRejects(rejected, unit, signal, async (onReject): Promise<ShardContent> => {
      const writer = await writerOf(path, write);
      let documents = true;
      const stats = await tallied(plan, { unit, shared, signal, workers, onReject }, (value) => {
        documents &&= isWholeDocument(value);
        return writer.add(value);
      });
      await writer.finish();
      return { stats, documents };
    });
  return foldLines(await runPart(plan, job, fill));
}

/** Calls `fill` with the listener that writes dropped records to the unit's file of rejects, if one is asked for. */
async function withRejects(
  folder: ManifestFolder | undefined,
  { id }: InputUnit,
  signal: AbortSignal | undefined,
  fill: (onReject?: OnReject) => Promise<ShardContent>,
): Promise<ShardContent> {
  if (folder === undefined) return await fill();
  let content: ShardContent;
  const name = folder.shardName(id);
  if (folder.shards) await Deno.mkdir(folder.shards, { recursive: true });
  await folder.removeDrafts(name);
  await writeAtomically(folder.pathOf({ name }), async (write) => {
    const lines = new Lines(compressorOf(name), write);
    content = await fill((step, reason, record) => lines.add(record, rejectLine({ step, reason, record })));
    await lines.finish();
  }, signal);
  return content!;
}

/** Checks the names before anything is read. */
function checkPatterns(path: string, rejects: string | undefined): void {
  for (const pattern of rejects === undefined ? [path] : [path, rejects]) {
    if (pattern.split("*").length !== 2 || /\*.*[\\/]/.test(pattern)) {
      throw new DataError(
        `Cannot write a part to ${pattern}: each input file gives a shard, so the name needs one *, such as out/web-*.jsonl.zst`,
        { file: pattern },
      );
    }
  }
  if (!path.endsWith(".parquet")) compressorOf(path);
  if (rejects !== undefined) compressorOf(rejects);
}

function ending(path: string): string {
  return path.slice(path.lastIndexOf("*") + 1);
}

async function writerOf(path: string, write: Write): Promise<RecordWriter> {
  return path.endsWith(".parquet") ? await ParquetRows.open(write) : new Lines(compressorOf(path), write);
}

/** Returns true for a record that a reader makes the same document of again. */
function isWholeDocument(value: unknown): boolean {
  const { text, source, id } = (value ?? {}) as Partial<Document>;
  return typeof text === "string" && typeof source === "string" && typeof id === "string";
}

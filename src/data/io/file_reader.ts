/**
 * The common part of all file readers: finding files, counting records, dropping blank and broken ones.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type BrokenRecord, isBrokenRecord } from "../../formats/record_or_error.ts";
import type { Entry } from "../document.ts";
import { findFiles, localFiles, type Paths, patternsOf } from "./file_patterns.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import type { LocalFile } from "./download_cache.ts";

/** A file reader without its paths. */
interface Reader<T> {
  /** Name of its operator. */
  op: string;
  /** Its options, as shown and hashed. */
  options: Record<string, unknown>;
  /** Kind of its records, where that is known. */
  kind?: DatasetPlan["kind"];
  /** `refuse` throws at the first broken record; default `skip`. */
  broken?: "skip" | "refuse";
  /** True when it also reads folders. */
  folders?: boolean;
  /** Chooses the files to read, by their contents. */
  choose?: (files: LocalFile[], pass: Pass) => Promise<LocalFile[]>;
  /** Reads the records of a file, whole and broken ones; ids and places contain the file's name. */
  read: (file: LocalFile, pass: Pass, counts: StepCounts) => AsyncIterable<Entry<T> | BrokenRecord>;
}

/** Plans the reading of the files of `paths`, one after another. */
export function readerPlan<T>(paths: Paths, reader: Reader<T>): DatasetPlan<T> {
  const { op, options, kind } = reader;
  const patterns = patternsOf(paths);
  const plan: DatasetPlan<T> = {
    op,
    options: { paths: patterns, ...options },
    inputs: [],
    kind,
    identity: () => findFiles(patterns, reader.folders),
    open: (pass) => readFiles(patterns, reader, pass, pass.countsOf(plan, describeStep(plan))),
  };
  return plan;
}

async function* readFiles<T>(
  patterns: readonly string[],
  { read, choose, folders, broken }: Reader<T>,
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  let records = 0;
  let firstBroken: (BrokenRecord & { file: string }) | undefined;
  const files = localFiles(patterns, pass.signal, folders);
  for await (const file of choose ? await choose(await Array.fromAsync(files), pass) : files) {
    for await (const entry of read(file, pass, counts)) {
      await pass.yieldToEventLoop();
      if (isBrokenRecord(entry)) {
        if (broken === "refuse") throw new DataError(entry.problem, { file: file.name, line: entry.line });
        firstBroken ??= { ...entry, file: file.name };
        await pass.dropBroken(counts, entry, file.name);
        continue;
      }
      records++;
      if (isBlank(entry.value)) await pass.drop(counts, "blank", entry);
      else {
        counts.kept++;
        yield entry;
      }
    }
  }
  if (records > 0) return;
  if (firstBroken) {
    throw new DataError(`${firstBroken.problem}; no other record can be read either`, firstBroken);
  }
  const skipped = Object.entries(counts.notes).map(([note, count]) => `${note} (${count})`).join(", ");
  const why = skipped ? `no record is used: ${skipped}` : "it is empty, check that the path is right";
  throw new DataError(`Cannot read ${patterns.join(" ")}: ${why}`);
}

function isBlank(value: unknown): boolean {
  const { text } = value as { text?: unknown };
  return typeof text === "string" && text.trim() === "";
}

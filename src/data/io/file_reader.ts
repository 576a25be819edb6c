/**
 * What all file readers share: finding the files, counting records, dropping blank and broken ones.
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

/** What a file reader is, beside its paths. */
export interface Reader<T> {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options: Record<string, unknown>;
  /** What it yields, where that is known. */
  kind?: DatasetPlan["kind"];
  /** `refuse` ends the reading at the first broken record. */
  broken?: "skip" | "refuse";
  /** Whether it reads folders as well. */
  folders?: boolean;
  /** Of all files those to read, where that takes a look at them. */
  choose?: (files: LocalFile[], reading: Pass) => Promise<LocalFile[]>;
  /** The records of one file, and the places where one is broken; ids and places carry the name. */
  read: (file: LocalFile, reading: Pass, counts: StepCounts) => AsyncIterable<Entry<T> | BrokenRecord>;
}

/** A plan that reads the files of `paths` one after another. */
export function readerPlan<T>(paths: Paths, reader: Reader<T>): DatasetPlan<T> {
  const { op, options, kind } = reader;
  const patterns = patternsOf(paths);
  const plan: DatasetPlan<T> = {
    op,
    options: { paths: patterns, ...options },
    inputs: [],
    kind,
    identity: () => findFiles(patterns, reader.folders),
    open: (reading) => readFiles(patterns, reader, reading, reading.countsOf(plan, describeStep(plan))),
  };
  return plan;
}

async function* readFiles<T>(
  patterns: readonly string[],
  { read, choose, folders, broken }: Reader<T>,
  reading: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  let records = 0;
  let first: (BrokenRecord & { file: string }) | undefined;
  const files = localFiles(patterns, reading.signal, folders);
  for await (const file of choose ? await choose(await Array.fromAsync(files), reading) : files) {
    for await (const entry of read(file, reading, counts)) {
      await reading.yieldToEventLoop();
      if (isBrokenRecord(entry)) {
        if (broken === "refuse") throw new DataError(entry.problem, { file: file.name, line: entry.line });
        first ??= { ...entry, file: file.name };
        await reading.dropBroken(counts, entry, file.name);
        continue;
      }
      records++;
      if (isBlank(entry.value)) await reading.drop(counts, "blank", entry);
      else {
        counts.kept++;
        yield entry;
      }
    }
  }
  if (records > 0) return;
  if (first) throw new DataError(`${first.problem}; no other record can be read either`, first);
  const left = Object.entries(counts.notes).map(([what, count]) => `${what} (${count})`).join(", ");
  const why = left ? `none of it is taken: ${left}` : "there is nothing in it, check that the path is right";
  throw new DataError(`Cannot read ${patterns.join(" ")}: ${why}`);
}

function isBlank(value: unknown): boolean {
  const { text } = value as { text?: unknown };
  return typeof text === "string" && text.trim() === "";
}

/**
 * The common part of all file readers: finding files, counting records, dropping blank and broken ones.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { type BrokenRecord, isBrokenRecord } from "../../formats/record_or_error.ts";
import type { Entry } from "../document.ts";
import { findFiles, type Folders, localFiles, type Paths, patternsOf } from "./file_patterns.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import type { OnBroken } from "../plan/read_options.ts";
import type { LocalFile } from "./download_cache.ts";

export { type BrokenOptions, type OnBroken, onBrokenSchema } from "../plan/read_options.ts";

/** A file reader without its paths. */
interface Reader<T> {
  /** Name of its operator. */
  op: string;
  /** Its options, as shown and hashed. */
  options: Record<string, unknown>;
  /** Kind of its records, where that is known. */
  kind?: DatasetPlan["kind"];
  /** `throw` ends the reading at the first broken record or file; default `skip`. */
  onBroken?: OnBroken;
  /** Treatment of folders; default: refused. */
  folders?: Folders;
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
  reader: Reader<T>,
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  const { choose, folders, onBroken, kind } = reader;
  let records = 0;
  let firstBroken: (BrokenRecord & { file: string }) | undefined;
  const files = localFiles(patterns, pass.signal, folders);
  for await (const file of choose ? await choose(await Array.fromAsync(files), pass) : files) {
    const { skipped } = file as { skipped?: string };
    if (skipped) {
      const left = { problem: `not read, it is a ${skipped} file`, reason: skipped };
      firstBroken ??= { ...left, file: file.name };
      await pass.dropBroken(counts, left, file.name);
      continue;
    }
    for await (const entry of recordsOf(file, reader, pass, counts)) {
      await pass.yieldToEventLoop();
      if (isBrokenRecord(entry)) {
        if (onBroken === "throw") throw new DataError(entry.problem, { file: file.name, line: entry.line });
        firstBroken ??= { ...entry, file: file.name };
        await pass.dropBroken(counts, entry, file.name);
        continue;
      }
      records++;
      if (kind === "documents" && isBlank(entry.value)) await pass.drop(counts, "blank", entry);
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
  const why = skipped ? `no record is used: ${skipped}` : "it holds no records, check that the path is right";
  throw new DataError(`Cannot read ${patterns.join(" ")}: ${why}`);
}

/** Reads one file. Damage that ends its reading is one more broken record, behind the ones read before. */
async function* recordsOf<T>(
  file: LocalFile,
  { read }: Reader<T>,
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T> | BrokenRecord> {
  let found = 0;
  try {
    for await (const entry of read(file, pass, counts)) {
      found++;
      yield entry;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    const place = `${error.file}${error.line === undefined ? "" : `:${error.line}`}: `;
    yield { problem: error.message.replace(place, ""), line: error.line };
    return;
  }
  if (found === 0 && (await Deno.stat(file.path)).size === 0) {
    yield { problem: "it is empty, check that the path is right", reason: "empty file" };
  }
}

/** Returns true for an error that lies in a file, false for one of the disk or of the permissions. */
function isDamage(error: unknown): error is DataError {
  if (!(error instanceof DataError) || error.file === undefined) return false;
  const { cause } = error;
  const code = (cause as { code?: string } | undefined)?.code ?? "";
  return !(cause instanceof Deno.errors.NotCapable || cause instanceof Deno.errors.PermissionDenied ||
    cause instanceof Deno.errors.NotFound || /^(EACCES|EPERM|ENOENT|EIO|EMFILE)$/.test(code));
}

function isBlank(value: unknown): boolean {
  const { text } = value as { text?: unknown };
  return typeof text === "string" && text.trim() === "";
}

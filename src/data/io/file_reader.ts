/**
 * The common part of all file readers: finding files, counting records, dropping blank and broken ones.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { type BrokenRecord, isBrokenRecord } from "../../formats/record_or_error.ts";
import type { Entry } from "../document.ts";
import {
  expandAddresses,
  findFiles,
  type Folders,
  localFiles,
  onThisMachine,
  type Paths,
  patternsOf,
  unreadable,
} from "./file_patterns.ts";
import type { FileFacts, FileRange } from "../plan/input_unit.ts";
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
  /** Chooses the files to read, at most `most` of them, by their contents. */
  choose?: { most: number; files: (files: LocalFile[], pass: Pass) => Promise<LocalFile[]> };
  /** Cuts a large file into ranges of about `bytes` bytes; without it, or for none, files are read whole. */
  ranges?: (file: FileFacts, bytes: number) => Promise<readonly FileRange[]>;
  /** Reads the records of a file or of a range of it, whole and broken ones; ids and places contain the file's name. */
  read: (
    file: LocalFile,
    pass: Pass,
    counts: StepCounts,
    range?: FileRange,
  ) => AsyncIterable<Entry<T> | BrokenRecord>;
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
    input: {
      files: () => filesOf(patterns, reader),
      ranges: async (file, bytes) => await reader.ranges?.(file, bytes) ?? [],
    },
    open: (pass) => readFiles(plan, patterns, reader, pass),
  };
  return plan;
}

/** Lists the files for a job over parts, each of which must be known without a look into the others. */
async function filesOf<T>(
  patterns: readonly string[],
  { op, choose, folders }: Reader<T>,
): Promise<readonly FileFacts[]> {
  const files = await expandAddresses(findFiles(patterns, folders));
  if (choose && files.length > choose.most) {
    throw new ConfigError(
      `Cannot read a part of Dataset.${op}: it chooses ${choose.most} of ${files.length} files by their contents; ` +
        `name ${choose.most} of them at most`,
      { path: `Dataset.${op}`, value: patterns },
    );
  }
  return files;
}

async function* readFiles<T>(
  plan: DatasetPlan<T>,
  patterns: readonly string[],
  reader: Reader<T>,
  pass: Pass,
): AsyncGenerator<Entry<T>> {
  const { choose, folders, onBroken, kind } = reader;
  const counts = pass.countsOf(plan, describeStep(plan));
  if (!pass.reads(plan)) return;
  const unit = pass.unit?.reader === plan ? pass.unit : undefined;
  let records = 0;
  let firstBroken: (BrokenRecord & { file: string }) | undefined;
  const files = unit ? onThisMachine(unit.files, pass.signal) : localFiles(patterns, pass.signal, folders);
  for await (const file of choose ? await choose.files(await Array.fromAsync(files), pass) : files) {
    const { skipped } = file as { skipped?: string };
    if (skipped) {
      const left = { problem: `not read, it is a ${skipped} file`, reason: skipped };
      firstBroken ??= { ...left, file: file.name };
      await pass.dropBroken(counts, left, file.name);
      continue;
    }
    for await (const entry of recordsOf(file, reader, pass, counts, unit?.range)) {
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
  if (records > 0 || unit) return;
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
  range: FileRange | undefined,
): AsyncGenerator<Entry<T> | BrokenRecord> {
  let found = 0;
  try {
    for await (const entry of read(file, pass, counts, range)) {
      found++;
      yield entry;
    }
  } catch (error) {
    if (!isDamage(error)) throw unreadable(error, file.name);
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

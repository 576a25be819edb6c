/**
 * The files of a job, each written by one of its parts; a part that starts again skips those that are there.
 *
 * @module
 */
import { DataError } from "../../../base/errors.ts";
import { withProgress } from "../../../display/progress.ts";
import { Failures } from "../../parts/part_failures.ts";
import type { SignatureSource } from "./hash_removals.ts";
import type { SignatureFacts } from "./hash_signatures.ts";

/** Version of the files of all jobs: raised when their layout or meaning changes. */
export const layout = 1;

/** A file of a job. */
export interface JobFile<F = unknown> {
  /** Its path. */
  path: string;
  /** Names everything that it depends on. */
  key: string;
  /** The unit or range that it is about, for errors. */
  name: string;
  /** Returns the one of `of` parts that writes it. */
  part(of: number): number;
  /** Returns its facts when it is complete and of this key. */
  facts(): F | undefined;
  /** Writes it. */
  write(options: { signal?: AbortSignal; workers?: number }): Promise<void>;
}

/** Settings of a chain of jobs. */
export interface ChainSettings {
  /** Folder of the files between the jobs. */
  folder: string;
  /** Number of ranges of hashes. */
  ranges: number;
  /** Bytes of memory for the tables of a job. */
  memory: number;
}

/** Results of one part of a job. */
export interface JobReport {
  /** Number of files that it wrote. */
  written: number;
  /** Number of files that were there. */
  known: number;
}

/**
 * Writes the files of a part that are not there yet, one after another. One that fails holds back no other.
 *
 * @throws the error of the file that failed, or a {@linkcode DataError} that names all of them
 */
export async function writeFiles(
  files: readonly JobFile[],
  { part, of }: { part: number; of: number },
  options: { signal?: AbortSignal; workers?: number },
): Promise<JobReport> {
  const report = { written: 0, known: 0 };
  const own = files.filter((file) => file.part(of) === part);
  await removeTemporary(own);
  const failures = new Failures();
  await withProgress(
    "writing the files of the job",
    { total: own.length, unit: "file" },
    async (progress) => {
      for (const file of own) {
        options.signal?.throwIfAborted();
        if (file.facts() !== undefined) report.known++;
        else {
          try {
            await file.write(options);
            report.written++;
          } catch (error) {
            options.signal?.throwIfAborted();
            failures.add(error, file.name, report.written);
          }
        }
        progress.add();
      }
    },
  );
  failures.check({ part, of }, own.length);
  return report;
}

/**
 * Returns the facts of all files.
 *
 * @throws {DataError} naming the first one that is missing, and the part that writes it
 */
export function factsOfAll<F>(files: readonly JobFile<F>[], job: string, of: number): F[] {
  const facts = files.map((file) => file.facts());
  const missing = files.filter((_, i) => facts[i] === undefined);
  if (missing.length > 0) {
    const [{ name, path, part }] = missing;
    throw new DataError(
      `Cannot go on: ${missing.length} of ${files.length} files of the job "${job}" are missing or of other data, ` +
        `first ${path} (${name}); run the job again, part ${part(of)} of ${of} writes it`,
      { file: path },
    );
  }
  return facts as F[];
}

/** Returns the files of a job when all are there, as {@linkcode factsOfAll} finds out. */
export function complete(files: readonly JobFile[], job: string, of = 1): readonly JobFile[] {
  factsOfAll(files, job, of);
  return files;
}

/** Returns the files of the job "signatures" as the next job reads them. */
export function signatureSources(files: readonly JobFile<SignatureFacts>[], of: number): SignatureSource[] {
  return factsOfAll(files, "signatures", of).map((facts, i) => ({ ...files[i], facts }));
}

/** Returns the part that does the work number `index`, where works are dealt one after another. */
export function dealt(index: number): (of: number) => number {
  return (of) => index % of;
}

/** Returns a number as it stands in a file's name. */
export function digits(index: number): string {
  return String(index).padStart(5, "0");
}

/** Removes what a killed process left of the files. */
async function removeTemporary(files: readonly JobFile[]): Promise<void> {
  const byFolder = Map.groupBy(files, ({ path }) => path.replace(/[^/]*$/, ""));
  for (const [folder, own] of byFolder) {
    await Deno.mkdir(folder, { recursive: true });
    const names = new Set(own.map(({ path }) => path.slice(folder.length)));
    for await (const { name } of Deno.readDir(folder)) {
      const [, base] = /^(.*?)(?:\.bands|\.sketches)?\.[0-9a-f-]{36}\.tmp$/.exec(name) ?? [];
      if (base !== undefined && names.has(base)) await Deno.remove(`${folder}${name}`).catch(() => {});
    }
  }
}

/**
 * Joining of a job's parts: the check that all of them are there, of one plan and one input, and the lines of all units.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { DataError } from "../../base/errors.ts";
import { type Progress, withProgress } from "../../display/progress.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { readLines } from "../../formats/records/lines.ts";
import type { PartOfJob } from "./input_units.ts";
import { digestOf, inputDigest, ManifestFolder, type ManifestLine } from "./manifest.ts";
import { type PartReport, PartReports } from "./part_reports.ts";

/** Lines that are read at the same time. [ours] */
const linesPerRead = 32;

type Report = PartOfJob & PartReport;

/**
 * Returns the lines of all units, in the order of the input, and writes them to `manifest.jsonl` in the folder of the
 * manifest. Shards and lines of units that the job no longer has are removed.
 *
 * @param pattern path of the shards, as given to the job
 * @param verify true to read all shards and compare their digests; their sizes are compared anyway
 * @throws {DataError} naming the parts that are missing, of another plan or of another input, or a shard that is not as
 * its line says
 */
export async function joinManifest(pattern: string, verify: boolean): Promise<ManifestLine[]> {
  return await withProgress(`joining ${basename(pattern)}`, { unit: "shard" }, async (progress) => {
    const { lines, parts } = await checkedLines(pattern, verify, progress);
    await tidy(new ManifestFolder(pattern), lines, parts);
    return lines;
  });
}

/**
 * Returns the lines of all units, in the order of the input, and the parts that answer for them; nothing is changed.
 *
 * @throws {DataError} as {@linkcode joinManifest} does
 */
export async function checkedLines(
  pattern: string,
  verify: boolean,
  progress?: Progress,
): Promise<{ lines: ManifestLine[]; parts: readonly PartOfJob[] }> {
  const folder = new ManifestFolder(pattern);
  const all = await new PartReports(folder).all();
  if (all.length === 0) {
    throw refused(pattern, `no part has ended, ${folder.path} holds no report; run write with part first`);
  }
  const jobs = [
    ...Map.groupBy(all, ({ of, fingerprint, input }) => `${of} ${fingerprint} ${input.digest}`).values(),
  ];
  const complete = jobs.filter((parts) => parts.length === parts[0].of);
  if (complete.length === 0) throw refused(pattern, whyIncomplete(jobs));
  const problems: string[] = [];
  for (const parts of complete) {
    const lines = await joinedLines(folder, parts, verify) ?? await linesOf(folder, parts, verify, progress);
    if (typeof lines !== "string") return { lines, parts };
    problems.push(lines);
  }
  throw refused(pattern, problems[0]);
}

/** Returns the lines of all units, or the reason why one of them is not good. */
async function linesOf(
  folder: ManifestFolder,
  parts: readonly Report[],
  verify: boolean,
  progress?: Progress,
): Promise<ManifestLine[] | string> {
  const units = parts.flatMap(({ part, units }) => units.map((own) => ({ ...own, part })))
    .sort((a, b) => a.index - b.index);
  const [{ of, fingerprint, input }] = parts;
  if (units.length !== input.units) {
    return `its reports name ${units.length} of ${input.units} units; run all parts again`;
  }
  const lines: ManifestLine[] = [];
  for (let i = 0; i < units.length; i += linesPerRead) {
    const some = units.slice(i, i + linesPerRead);
    for (const [j, line] of (await Promise.all(some.map(({ unit }) => folder.read(unit)))).entries()) {
      const { part, unit } = some[j];
      const problem = line === undefined
        ? `its line in the manifest is not there`
        : line.fingerprint !== fingerprint
        ? `it was made by another plan since`
        : await folder.problemOf(line, verify);
      if (problem !== undefined) return `unit ${unit}: ${problem}; run part ${part} of ${of} again`;
      lines.push(line!);
      progress?.add();
    }
  }
  if (inputDigest(lines) !== input.digest) return "input files have changed since; run all parts again";
  return lines;
}

/** Returns the lines of an earlier join, which one file holds, where they are those of `parts` and all shards are there. */
async function joinedLines(
  folder: ManifestFolder,
  [{ fingerprint, input }]: readonly Report[],
  verify: boolean,
): Promise<ManifestLine[] | undefined> {
  const lines: ManifestLine[] = [];
  try {
    for await (const text of readLines(joinedPath(folder))) lines.push(JSON.parse(text));
  } catch {
    return undefined; // not joined yet
  }
  if (lines.some((line) => line.fingerprint !== fingerprint) || inputDigest(lines) !== input.digest) {
    return undefined;
  }
  for (let i = 0; i < lines.length; i += linesPerRead) {
    const problems = lines.slice(i, i + linesPerRead).map((line) => folder.problemOf(line, verify));
    if ((await Promise.all(problems)).some((problem) => problem !== undefined)) return undefined;
  }
  return lines;
}

function textOf(line: ManifestLine): string {
  return `${JSON.stringify(line)}\n`;
}

function joinedPath({ path }: ManifestFolder): string {
  return `${path}/manifest.jsonl`;
}

/** Says which parts are missing, or differ from the others. */
function whyIncomplete(jobs: readonly Report[][]): string {
  const [largest, ...others] = jobs.toSorted((a, b) => b.length / b[0].of - a.length / a[0].of);
  const { of, fingerprint } = largest[0];
  const there = new Set(largest.map(({ part }) => part));
  const missing = Array.from({ length: of }, (_, part) => part).filter((part) => !there.has(part));
  const differing = others.find(([report]) => report.of === of);
  const again = `${named(missing)} of ${of} ${missing.length === 1 ? "is" : "are"} missing`;
  if (!differing) return `${again}; run ${missing.length === 1 ? "it" : "them"} again`;
  const what = differing[0].fingerprint === fingerprint ? "saw other input files" : "had another plan";
  return `${again}; ${named(differing.map(({ part }) => part))} ${what} than ${
    named([...there])
  }, run all parts again: ` +
    "what is done is not done twice";
}

function named(parts: readonly number[]): string {
  const shown = parts.slice(0, 10).join(", ") + (parts.length > 10 ? ` and ${parts.length - 10} more` : "");
  return `${parts.length === 1 ? "part" : "parts"} ${shown}`;
}

/**
 * Writes the joined lines, and removes what belongs to no unit of the job. Several processes may do so at the same time: a
 * file that another one has removed is not missed, and the lines are not written where they stand already.
 */
async function tidy(
  folder: ManifestFolder,
  lines: readonly ManifestLine[],
  parts: readonly PartOfJob[],
): Promise<void> {
  const reports = new PartReports(folder);
  const units = new Set(lines.map(({ unit }) => unit));
  for (const unit of await folder.units()) {
    const old = units.has(unit) ? undefined : await folder.read(unit);
    if (old) await folder.remove(old);
  }
  const isPart = ({ part, of }: PartOfJob) => parts.some((own) => own.part === part && own.of === of);
  for (const report of await reports.all()) if (!isPart(report)) await reports.remove(report);
  const hash = createHash("sha256");
  for (const line of lines) hash.update(textOf(line));
  const path = joinedPath(folder);
  if (await digestOf(path).catch(() => undefined) === hash.digest("hex")) return;
  const encoder = new TextEncoder();
  await writeAtomically(path, async (write) => {
    for (const line of lines) await write(encoder.encode(textOf(line)));
  });
}

function refused(pattern: string, why: string): DataError {
  return new DataError(`Cannot join ${pattern}: ${why}`);
}

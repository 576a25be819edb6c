/**
 * The loop of a job over parts: one shard and one line of the manifest for each unit of the part, unless the manifest
 * proves that they are there.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, dirname, resolve } from "node:path";
import { DataError } from "../../base/errors.ts";
import { withProgress } from "../../display/progress.ts";
import { type Write, writeAtomically } from "../../formats/atomic_file.ts";
import { hashOf, stepsFingerprintOf } from "../plan/fingerprint.ts";
import type { InputUnit } from "../plan/input_unit.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { DatasetStats } from "../reports/stats.ts";
import { errorsOf } from "./fold_manifest.ts";
import { type PartOfJob, unitsOf, unitsOfPart } from "./input_units.ts";
import { inputDigest, ManifestFolder, type ManifestLine, type UnitIdentity } from "./manifest.ts";
import { Failures } from "./part_failures.ts";
import { PartReports } from "./part_reports.ts";

/** A job over parts. */
export interface PartsJob extends PartOfJob {
  /** Path of the shards, with a `*` that stands for the unit. */
  pattern: string;
  /** Bytes of the range of a large file. */
  unitBytes?: number;
  /** Form of the output, which is part of the fingerprint. */
  form?: unknown;
  /** Stops the job; complete units stay. */
  signal?: AbortSignal;
}

/** The content of a shard. */
export interface ShardContent {
  /** Counts of the pass. */
  stats: DatasetStats;
  /** True when every record is a document. */
  documents: boolean;
}

/** Fills the shard of a unit. */
export type FillShard = (unit: InputUnit, write: Write) => Promise<ShardContent>;

/**
 * Runs one part of a job and returns the lines of its units, in the order of the input. The units that the manifest proves
 * are not read again; each other one is written under another name, and named when it is complete, the shard before its
 * line. A unit that fails, as by a disk that cannot be read, does not hold back the units behind it.
 *
 * @throws {ConfigError} for a step that no part can do
 * @throws {DataError} when the dataset reads the shards of the job
 * @throws the error of the unit that failed, or a {@linkcode DataError} that names all of them
 */
export async function runPart(plan: DatasetPlan, job: PartsJob, fill: FillShard): Promise<ManifestLine[]> {
  const folder = new ManifestFolder(job.pattern);
  const fingerprint = jobFingerprint(plan, job.form);
  const all = await unitsOf(plan, job);
  refuseOwnShards(folder, all);
  const own = new Set(unitsOfPart(all, job));
  const reports = new PartReports(folder);
  await Deno.mkdir(folder.path, { recursive: true });
  const input = { units: all.length, digest: inputDigest(all.map((unit) => identityOf(unit, fingerprint))) };
  await reports.remove(job);
  await reports.removeReplaced(job, { fingerprint, input });
  const lines: ManifestLine[] = [];
  const failures = new Failures();
  await withProgress(
    `writing ${basename(job.pattern)}`,
    { total: own.size, unit: "shard" },
    async (progress) => {
      for (const unit of all.filter((unit) => own.has(unit))) {
        job.signal?.throwIfAborted();
        const identity = identityOf(unit, fingerprint);
        try {
          lines.push(await folder.proof(identity) ?? await make(folder, identity, unit, fill, job.signal));
        } catch (error) {
          job.signal?.throwIfAborted();
          failures.add(error, unitName(unit), lines.length);
        }
        progress.add();
      }
    },
  );
  failures.check(job, own.size);
  await reports.write(job, {
    fingerprint,
    input,
    units: all.flatMap((unit, i) => own.has(unit) ? [{ index: i, unit: unit.id }] : []),
  });
  return lines;
}

/** Refuses an input that holds shards of the job, which other parts would see and read as well. */
function refuseOwnShards(folder: ManifestFolder, units: readonly InputUnit[]): void {
  const shards = resolve(folder.shards || ".");
  const file = units.flatMap(({ files }) => files)
    .find(({ path }) => folder.isShard(path.replace(/^.*[\\/]/, "")) && resolve(dirname(path)) === shards);
  if (file === undefined) return;
  throw new DataError(
    `Cannot write a part: the dataset reads ${file.path}, which is a shard of the part; write to a folder that the ` +
      "dataset does not read, and remove the shards from this one",
    { file: file.path },
  );
}

/** Returns the name of a unit in errors. */
export function unitName({ files, range, id }: Pick<InputUnit, "files" | "range" | "id">): string {
  if (files.length === 0) return id;
  return `${files[0].path}${range ? `, ${range.of} from ${range.from}` : ""}`;
}

/** Returns the fingerprint of the lines of a job: of the plan without its input files, and of the form of the output. */
function jobFingerprint(plan: DatasetPlan, form: unknown): string {
  return hashOf([stepsFingerprintOf(plan), form]);
}

function identityOf({ id, files, range }: InputUnit, fingerprint: string): UnitIdentity {
  return { unit: id, inputs: files, range, fingerprint };
}

/** Writes the shard of a unit and then its line. */
async function make(
  folder: ManifestFolder,
  identity: UnitIdentity,
  unit: InputUnit,
  fill: FillShard,
  signal: AbortSignal | undefined,
): Promise<ManifestLine> {
  await folder.removeLine(unit.id); // the line of another shard, which is about to be replaced
  const name = folder.shardName(unit.id);
  await folder.removeDrafts(name);
  const hash = createHash("sha256");
  let size = 0;
  let content: ShardContent;
  await writeAtomically(folder.pathOf({ name }), async (write) => {
    content = await fill(unit, (bytes) => {
      hash.update(bytes);
      size += bytes.length;
      return write(bytes);
    });
  }, signal);
  const { stats: { records, bytes, shortest, longest, steps }, documents } = content!;
  return await folder.write({
    ...identity,
    output: { name, size, digest: hash.digest("hex") },
    documents,
    totals: { records, bytes, shortest, longest },
    steps,
    errors: errorsOf(steps),
  });
}

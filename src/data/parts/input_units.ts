/**
 * Division of a dataset's input into units, and of the units among the parts of a job.
 *
 * A unit is a file, a range of a large file, or the files that a step compares with each other. The division depends on
 * the input and the plan alone, so what is made of a unit does not depend on the number of parts.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { hashOf } from "../plan/fingerprint.ts";
import type { FileFacts, FileRange, InputUnit } from "../plan/input_unit.ts";
import { type DatasetPlan, describeStep, plansIn, type Reach } from "../plan/plan.ts";

/** Settings of the division. */
export interface DivisionOptions {
  /** Bytes of a range of a large file; default 1 GiB [ours]. */
  unitBytes?: number;
}

/** One of the parts of a job. */
export interface PartOfJob {
  /** Number of the part, from 0. */
  part: number;
  /** Number of parts. */
  of: number;
}

/**
 * Lists the units of a plan in the order in which one process reads them. Looks at the names and sizes of files, and at
 * the beginning of those larger than a unit.
 *
 * JSON Lines that are not packed are cut into ranges of bytes, whose borders are those of lines, and Parquet files into
 * ranges of row groups; every other file is a unit as a whole.
 *
 * @throws {ConfigError} for a step whose result depends on records of other units, which names the job to run instead
 */
export async function unitsOf(
  plan: DatasetPlan,
  { unitBytes = 1 << 30 }: DivisionOptions = {},
): Promise<InputUnit[]> {
  const groups = groupsOf(plan);
  const readers = new Set<object>(groups.keys());
  const units: InputUnit[] = [];
  const times = new Map<string, number>();
  for (const [number, [reader, group]] of [...groups].entries()) {
    for (const { files, range } of await divided(reader, group, unitBytes)) {
      const key = hashOf([number, files.map(({ path }) => path), range]);
      const nth = times.get(key) ?? 0; // a file that two patterns match is read twice
      times.set(key, nth + 1);
      units.push({ id: (nth ? hashOf([key, nth]) : key).slice(0, 16), reader, readers, files, range });
    }
  }
  return units;
}

/**
 * Returns the units of one part, in their order: of the units sorted by their ids, which are hashes of the paths, every
 * `of`-th from the `part`-th on. The numbers of units of two parts differ by at most one.
 */
export function unitsOfPart<U extends Pick<InputUnit, "id">>(
  units: readonly U[],
  { part, of }: PartOfJob,
): U[] {
  const order = units.toSorted((a, b) => a.id < b.id ? -1 : 1);
  const own = new Set(order.filter((_, i) => i % of === part));
  return units.filter((unit) => own.has(unit));
}

async function divided(
  reader: DatasetPlan,
  group: number,
  unitBytes: number,
): Promise<{ files: FileFacts[]; range?: FileRange }[]> {
  if (!reader.input) return [{ files: [] }];
  const found = await reader.input.files();
  const files = found.filter(({ skipped }) => skipped === undefined);
  const skipped = found.filter(({ skipped }) => skipped !== undefined);
  const units: { files: FileFacts[]; range?: FileRange }[] = [];
  const step = Math.max(1, group);
  for (let i = 0; i < files.length; i += step) {
    const own = files.slice(i, i + step);
    const ranges = group === 0 ? await reader.input.ranges(own[0], unitBytes) : [];
    if (ranges.length) units.push(...ranges.map((range) => ({ files: own, range })));
    else units.push({ files: own });
  }
  // Links and hidden files are counted, by one unit for all of them.
  return skipped.length ? [...units, { files: skipped }] : units;
}

/**
 * Returns the readers of a plan in their order, each with the number of files that its steps compare with each other, 0
 * for none.
 *
 * @throws {ConfigError} for a step that no unit can be put through alone
 */
function groupsOf(plan: DatasetPlan): Map<DatasetPlan, number> {
  const groups = new Map<DatasetPlan, number>();
  const visit = (plan: DatasetPlan, size: number): void => {
    const reach = reachOf(plan);
    if (reach !== "record" && "instead" in reach) throw dependent(plan, reach.instead);
    const own = reach === "record" ? 0 : reach.files;
    if (size > 0 && own > 0 && own !== size) {
      throw dependent(plan, `compare as many files in all steps: another step compares ${size}`);
    }
    size = Math.max(size, own);
    if (plan.inputs.length) { for (const input of plan.inputs) visit(input, size); }
    else groups.set(plan, Math.max(size, groups.get(plan) ?? 0));
  };
  visit(plan, 0);
  for (const reader of groups.keys()) if (reader.opaque) throw unknownRecords(reader);
  // In the order of one process.
  return new Map([...plansIn(plan)].flatMap((own) => groups.has(own) ? [[own, groups.get(own)!]] : []));
}

function reachOf({ reach, stage, input }: DatasetPlan): Reach {
  return reach ?? (stage || input ? "record" : { instead: "put the step behind the joined dataset" });
}

function dependent(plan: DatasetPlan, instead: string): ConfigError {
  return new ConfigError(
    `Cannot work on a part of the dataset: the step ${
      describeStep(plan)
    } compares a record with others; ${instead}`,
    { path: `Dataset.${plan.op}`, value: plan.options },
  );
}

function unknownRecords(plan: DatasetPlan): ConfigError {
  return new ConfigError(
    `Cannot work on a part of the dataset: ${
      describeStep(plan)
    } gives records that no other process can know; ` +
      `name a version, such as Dataset.from(records, { version: 1 }), or write them to a file`,
    { path: "Dataset.from" },
  );
}

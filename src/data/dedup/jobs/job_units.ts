/**
 * The units of a dataset's input as the jobs of deduplication read them.
 *
 * @module
 */
import type { Document } from "../../document.ts";
import { unitName } from "../../parts/run_parts.ts";
import { fingerprintOf, stepsFingerprintOf } from "../../plan/fingerprint.ts";
import type { InputUnit } from "../../plan/input_unit.ts";
import { Pass } from "../../plan/pass.ts";
import type { DatasetPlan } from "../../plan/plan.ts";

/** One unit of input. */
export interface JobUnit {
  /** Its name in errors, such as the path of its file. */
  name: string;
  /** Its identity as a part of a file's name. */
  id: string;
  /** Everything that its documents depend on: files with sizes and times, steps. */
  identity: unknown;
  /** Returns the one of `of` parts to which it belongs. */
  part(of: number): number;
  /** Its documents, when they are read in its pass. */
  plan: DatasetPlan<Document>;
  /** Makes a pass that reads it alone. */
  pass(options: { signal?: AbortSignal; workers?: number }): Pass;
}

/** Returns the units of a plan, in their order; they are dealt among parts in the order of their ids, which are hashes. */
export function jobUnits(plan: DatasetPlan<Document>, units: readonly InputUnit[]): JobUnit[] {
  const steps = stepsFingerprintOf(plan);
  const ids = units.map(({ id }) => id).sort();
  const ranks = new Map(ids.map((id, rank) => [id, rank]));
  return units.map((unit) => {
    const { id, files, range } = unit;
    return {
      name: unitName(unit),
      id,
      identity: [steps, files, range],
      part: (of) => ranks.get(id)! % of,
      plan,
      pass: (options) => new Pass({ ...options, unit }),
    };
  });
}

/** Returns the documents that count as seen before as one more unit, which part 0 reads. */
export function againstUnit(plan: DatasetPlan<Document>): JobUnit {
  return {
    name: "against",
    id: "against",
    identity: fingerprintOf(plan),
    part: () => 0,
    plan,
    pass: (options) => new Pass(options),
  };
}

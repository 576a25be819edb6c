/**
 * Folding of manifest lines: the counts of all units as those of one pass.
 *
 * @module
 */
import type { StepCounts } from "../plan/pass.ts";
import { DatasetStats, type RecordTotals } from "../reports/stats.ts";
import type { ManifestLine, UnitError } from "./manifest.ts";

/**
 * Adds the counts of units, in the order of `lines`. A number is added; a text, such as the place of the first broken
 * record, is that of the first unit that has one.
 */
export function foldLines(lines: Iterable<Pick<ManifestLine, "totals" | "steps">>): DatasetStats {
  const totals: RecordTotals = { records: 0, bytes: 0, shortest: Infinity, longest: 0 };
  const steps = new Map<string, StepCounts>();
  for (const line of lines) {
    addTotals(totals, line.totals);
    const seen = new Map<string, number>();
    for (const counts of line.steps) {
      const nth = (seen.get(counts.step) ?? 0) + 1;
      seen.set(counts.step, nth);
      const key = `${nth} ${counts.step}`;
      const sum = steps.get(key) ?? { step: counts.step, kept: 0, dropped: {}, notes: {}, bytes: {} };
      addCounts(sum, counts);
      steps.set(key, sum);
    }
  }
  return new DatasetStats(undefined, totals, [...steps.values()]);
}

/** Returns the errors of a unit, which its steps have counted with the place of the first one of each reason. */
export function errorsOf(steps: readonly StepCounts[]): UnitError[] {
  return steps.flatMap(({ step, dropped, notes }) =>
    Object.entries(dropped).flatMap(([reason, count]) => {
      const first = notes[`first ${reason}`];
      return typeof first === "string" ? [{ step, reason, count, first }] : [];
    })
  );
}

function addTotals(sum: RecordTotals, totals: RecordTotals): void {
  if (totals.records === 0) return;
  sum.records += totals.records;
  sum.bytes += totals.bytes;
  sum.shortest = Math.min(sum.shortest, totals.shortest);
  sum.longest = Math.max(sum.longest, totals.longest);
}

function addCounts(sum: StepCounts, counts: StepCounts): void {
  sum.kept += counts.kept;
  for (const field of ["dropped", "notes", "bytes"] as const) {
    const table: Record<string, number | string> = sum[field];
    for (const [key, value] of Object.entries(counts[field])) {
      table[key] = typeof value === "string" ? table[key] ?? value : Number(table[key] ?? 0) + value;
    }
  }
}

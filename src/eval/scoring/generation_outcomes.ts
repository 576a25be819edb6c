/**
 * The values of generated texts, as records of items and as measures.
 *
 * Exact match, maj1@k and pass@k are shares; a metric of the task's own is a mean; a judge that gives several numbers has
 * a mean for each. Missing values are counted, not averaged.
 *
 * @module
 */
import { meanOf, type Measure, shareOf, withGroups } from "../tasks/metric.ts";
import type { GenerateOutcome, OutcomeBase } from "../tasks/outcome.ts";
import type { Combined } from "./voting.ts";

type GradedItem = OutcomeBase & Combined & { kind: "generate"; answers: readonly string[] };

/** Makes the record of an item; `extracted` is true when a final answer was looked for in its text. */
export function generateOutcome(
  { scores, samples, answer, ...item }: GradedItem,
  extracted: boolean,
): GenerateOutcome {
  const several = typeof scores === "object";
  return {
    ...item,
    value: several ? Object.values(scores)[0] : scores,
    ...several ? { values: scores } : {},
    ...extracted ? { final: answer ?? null } : {},
    ...samples && samples.length > 1 ? { samples } : {},
  };
}

/** Returns the measures over all items and over their groups, with notes on the scorer and on missing values. */
export function generateMeasures(
  outcomes: readonly GenerateOutcome[],
  groups: readonly (readonly string[])[],
  name: string,
  scorer: string | undefined,
): { measures: Measure[]; notes: string[] } {
  const grouped = outcomes.map((outcome, i) => ({ outcome, groups: groups[i] }));
  const names = [...new Set(outcomes.flatMap(({ values }) => Object.keys(values ?? {})))];
  const measures = names.length
    ? names.flatMap((key) => measuresOf(key, grouped, ({ values }) => values?.[key]))
    : measuresOf(name, grouped, ({ value }) => value);
  const missing = outcomes.filter(({ value }) => value === undefined).length;
  return {
    measures,
    notes: [
      ...scorer ? [`scored by ${scorer}; scores of different scorers are not comparable`] : [],
      ...missing ? [`missing values: ${missing}, left out of the mean`] : [],
    ],
  };
}

function measuresOf(
  metric: string,
  grouped: readonly { outcome: GenerateOutcome; groups: readonly string[] }[],
  value: (outcome: GenerateOutcome) => number | undefined,
): Measure[] {
  const binary = metric === "exact match" || metric.startsWith("maj1@");
  const pass = metric.startsWith("pass@");
  return withGroups(metric, grouped, (name, items) => {
    const values = items.map(({ outcome }) => value(outcome)).filter((v) => v !== undefined);
    return binary ? shareOf(name, values.map((v) => v === 1)) : meanOf(name, values, pass ? "share" : "");
  });
}

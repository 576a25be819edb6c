/**
 * The values of generated texts, as outcomes and as measures: a share for exact matches and pass@k, a mean for a
 * metric of one's own, several means for a judge that gives several numbers. Missing values are counted, not averaged.
 *
 * @module
 */
import type { Combined } from "./voting.ts";
import type { Grader } from "../tasks/grader.ts";
import { meanOf, type Measure, shareOf, withGroups } from "../tasks/metric.ts";
import type { GenerateOutcome, OutcomeBase } from "../tasks/outcome.ts";

type Made = OutcomeBase & Combined & { kind: "generate"; answers: readonly string[] };

/** What happened to an item; `final` when its text was searched for a final answer. */
export function generated({ scores, samples, answer, ...made }: Made, final: boolean): GenerateOutcome {
  const several = typeof scores === "object";
  return {
    ...made,
    value: several ? Object.values(scores)[0] : scores,
    ...several ? { values: scores } : {},
    ...final ? { final: answer ?? null } : {},
    ...samples && samples.length > 1 ? { samples } : {},
  };
}

/** The measures over all items and over their groups, and a note on what is missing. */
export function generatedMeasures(
  outcomes: readonly GenerateOutcome[],
  groups: readonly (readonly string[])[],
  name: string,
  { scorer }: Pick<Grader<never>, "scorer">,
): { measures: Measure[]; notes: string[] } {
  const graded = outcomes.map((outcome, i) => ({ outcome, groups: groups[i] }));
  const names = [...new Set(outcomes.flatMap(({ values }) => Object.keys(values ?? {})))];
  const measures = names.length
    ? names.flatMap((key) => overGroups(key, graded, ({ values }) => values?.[key]))
    : overGroups(name, graded, ({ value }) => value);
  const missing = outcomes.filter(({ value }) => value === undefined).length;
  return {
    measures,
    notes: [
      ...scorer ? [`scored by ${scorer}: numbers of different scorers do not compare`] : [],
      ...missing ? [`${missing} values are missing and do not count`] : [],
    ],
  };
}

type Graded = { outcome: GenerateOutcome; groups: readonly string[] };

function overGroups(
  metric: string,
  graded: readonly Graded[],
  value: (outcome: GenerateOutcome) => number | undefined,
): Measure[] {
  const binary = metric === "exact match" || metric.startsWith("maj1@");
  const pass = metric.startsWith("pass@");
  return withGroups(metric, graded, (name, items) => {
    const values = items.map(({ outcome }) => value(outcome)).filter((v) => v !== undefined);
    return binary ? shareOf(name, values.map((v) => v === 1)) : meanOf(name, values, pass ? "share" : "");
  });
}

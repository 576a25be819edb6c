/**
 * Counts of a plan's steps: those of one pass by plan, and those of the last whole pass, kept while the plan is.
 *
 * @module
 */
import type { StepCounts } from "./pass.ts";
import { type DatasetPlan, describeStep, plansIn } from "./plan.ts";

/** Returns the counts of a plan's step; undefined where they are not known. */
export type CountsOf = (plan: DatasetPlan) => StepCounts | undefined;

const known = new WeakMap<DatasetPlan, StepCounts>();

/** Returns the counts of a pass over `plan` by step. A step that was never opened has none. */
export function countsByPlan(plan: DatasetPlan, steps: readonly StepCounts[]): CountsOf {
  const counts = new Map<DatasetPlan, StepCounts>();
  let next = 0;
  for (const own of plansIn(plan)) {
    if (steps[next]?.step === describeStep(own)) counts.set(own, steps[next++]);
  }
  return (plan) => counts.get(plan);
}

/** Keeps the counts of a pass that read all of `plan`, for the displays of datasets that have its steps. */
export function rememberCounts(plan: DatasetPlan, steps: readonly StepCounts[]): void {
  const counts = countsByPlan(plan, steps);
  for (const own of plansIn(plan)) {
    const found = counts(own);
    if (found) known.set(own, found);
  }
}

/** Returns the counts of a step in the last pass that read all of a plan with it. */
export const knownCounts: CountsOf = (plan) => known.get(plan);

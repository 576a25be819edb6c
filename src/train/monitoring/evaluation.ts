/**
 * What a trainer knows of an evaluation: that it can be run on a model. The evaluator is one.
 *
 * @module
 */
import { number, type Picture, table } from "../../display/mod.ts";
import type { Model } from "../../model/mod.ts";
import type { EvaluationEvent } from "./events.ts";

/** Something that measures a model in the middle of its training. */
export interface Evaluation {
  /** Measures the model; its weights do not change meanwhile. What it gives is what the `evaluation` event carries. */
  run(model: Model, options: { signal: AbortSignal }): Promise<unknown>;
}

/** When a trainer evaluates. */
export interface PeriodicEvaluationOptions {
  /** Every so many steps of the stages that follow; without it once, at this place in the chain. */
  every?: number;
}

/**
 * The numbers in what an evaluation gave, by name: those of an evaluator's report, or those of a plain object.
 * Whatever else it is has none.
 */
export function scoresOf(result: unknown): Map<string, number> {
  const scores = new Map<string, number>();
  const plain = JSON.parse(JSON.stringify(result ?? null));
  for (const { task, measures } of Array.isArray(plain?.results) ? plain.results : []) {
    for (const { metric, value } of measures ?? []) scores.set(`${task}, ${metric}`, value);
  }
  if (scores.size || typeof plain !== "object") return scores;
  for (const [name, value] of Object.entries(plain ?? {})) {
    if (typeof value === "number") scores.set(name, value);
  }
  return scores;
}

/** One row a score: what it was before, between and after the stages. */
export function scoresByTime(evaluations: readonly EvaluationEvent[]): Record<string, string>[] {
  const rows = new Map<string, Record<string, string>>();
  for (const { step, stage, result } of evaluations) {
    const when = step ? `${stage}, step ${step}` : "before";
    for (const [score, value] of scoresOf(result)) {
      const row = rows.get(score) ?? { score };
      rows.set(score, { ...row, [when]: number(value) });
    }
  }
  return [...rows.values()];
}

/** Scores before, between and after the stages side by side, as Table 10 has them; nothing where there are none. */
export function scoresTable(evaluations: readonly EvaluationEvent[]): Picture[] {
  const rows = scoresByTime(evaluations);
  return rows.length ? [table(rows, { title: "Evaluations" })] : [];
}

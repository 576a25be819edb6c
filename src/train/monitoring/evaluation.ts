/**
 * Evaluations during training: anything that measures a model, such as an Evaluator, and tables of its scores.
 *
 * @module
 */
import { number, type Picture, table } from "../../display/mod.ts";
import type { Model } from "../../model/mod.ts";
import type { EvaluationEvent } from "./events.ts";

/** A measurement of a model in the middle of its training. */
export interface Evaluation {
  /** Measures the model, whose weights do not change meanwhile. The `evaluation` event carries the result. */
  run(model: Model, options: { signal: AbortSignal }): Promise<unknown>;
  /**
   * Measures the model on all ranks of a run, which share the work; all get the result. Without it rank 0 measures alone.
   * `own` carries out the part in which no rank waits for another one.
   */
  runOnRanks?(
    model: Model,
    options: { signal: AbortSignal; own: <T>(work: () => Promise<T>) => Promise<T> },
  ): Promise<unknown>;
}

/** Options of {@linkcode Trainer.evaluate}. */
export interface PeriodicEvaluationOptions {
  /** Steps between two evaluations in the stages that follow; without it one evaluation, at this place in the chain. */
  every?: number;
}

/**
 * Returns the numbers in an evaluation's result, by name: those of an evaluator's report, or those of a plain object.
 * Any other result has none.
 */
function scoresOf(result: unknown): Map<string, number> {
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

/** Returns one row per score: its values before, between and after the stages. */
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

/** Shows scores before, between and after the stages side by side, as Table 10; no table where there are none. */
export function scoresTable(evaluations: readonly EvaluationEvent[]): Picture[] {
  const rows = scoresByTime(evaluations);
  return rows.length ? [table(rows, { title: "Evaluations" })] : [];
}

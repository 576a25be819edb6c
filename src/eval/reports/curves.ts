/**
 * Scores against the tokens trained on, as in the paper's Figures 1 and 2: a curve a task, from the reports that a trainer
 * makes on its way.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { lineChart } from "../../display/mod.ts";
import type { Report } from "./report.ts";
import { ReportView } from "./view.ts";

/** A report and when it was made. */
export interface ScorePoint {
  /** Tokens trained on so far. */
  tokens: number;
  /** What the evaluation found then. */
  report: Report;
}

/** A curve: tokens and value, in the order of the points. */
export interface ScoreCurve {
  /** Task and metric. */
  name: string;
  /** Tokens and value; shares in percent. */
  points: [tokens: number, value: number][];
}

/**
 * The first metric of every task that is a share, in percent; or another `metric` of all tasks that have it.
 *
 * @throws {ConfigError} when there is nothing to draw
 */
export function scoreCurves(
  points: readonly ScorePoint[],
  { metric }: { metric?: string } = {},
): ReportView<ScoreCurve[]> {
  const curves = new Map<string, ScoreCurve>();
  for (const { tokens, report } of points) {
    for (const { task, measures } of report.results) {
      const found = measures.find((one) =>
        metric === undefined ? one.unit === "share" : one.metric === metric
      );
      if (found === undefined) continue;
      const name = `${task}, ${found.metric}`;
      const curve = curves.get(name) ?? { name, points: [] };
      curve.points.push([tokens, found.unit === "share" ? 100 * found.value : found.value]);
      curves.set(name, curve);
    }
  }
  const series = [...curves.values()];
  if (series.length === 0) {
    throw new ConfigError(`Cannot draw scores: no task has ${metric ?? "a share of right answers"}`);
  }
  const yLabel = metric === undefined ? "percent" : metric;
  const chart = lineChart({ title: "Scores during training", xLabel: "tokens", yLabel, series });
  return new ReportView(chart, series);
}

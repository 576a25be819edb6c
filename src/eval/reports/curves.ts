/**
 * Scores against the number of training tokens, as in the paper's Figures 1 and 2.
 *
 * There is one curve per task, drawn from the reports that a trainer makes during a run.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { lineChart } from "../../display/mod.ts";
import type { Report } from "./report.ts";
import { ReportView } from "./view.ts";

/** A report, and the number of tokens trained on before it. */
export interface ScorePoint {
  /** Tokens trained on so far. */
  tokens: number;
  /** The report of the evaluation at that point. */
  report: Report;
}

/** The scores of one task. */
export interface ScoreCurve {
  /** Task and metric. */
  name: string;
  /** Tokens and value, in the order of the points; shares in percent. */
  points: [tokens: number, value: number][];
}

/**
 * Draws the first share of every task in percent, or `metric` of all tasks that have it.
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
      const measure = measures.find((one) =>
        metric === undefined ? one.unit === "share" : one.metric === metric
      );
      if (measure === undefined) continue;
      const name = `${task}, ${measure.metric}`;
      const curve = curves.get(name) ?? { name, points: [] };
      curve.points.push([tokens, measure.unit === "share" ? 100 * measure.value : measure.value]);
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

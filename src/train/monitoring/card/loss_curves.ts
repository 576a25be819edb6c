/**
 * The curves of a run: loss, smoothed loss and validation loss over the steps.
 *
 * @module
 */
import { type LineChart, lineChart, type Picture, type Series } from "../../../display/mod.ts";
import type { HistoryEntry, ValidationEvent } from "../events.ts";

/** Largest number of points of a curve: a card is drawn several times per second. */
const maxPoints = 3000;

/** Largest number of steps on each side of a step that its smoothed loss takes in. [ours] */
const maxReach = 12;

type Point = [x: number, y: number];

/** Returns loss, smoothed loss and validation loss over the steps, as a chart takes them. */
export function lossLines(
  history: readonly HistoryEntry[],
  validations: readonly ValidationEvent[],
): LineChart {
  const loss = history.map(({ step, loss }): Point => [step, loss]);
  const reach = reachOf(history.length);
  const series: Series[] = [{ name: "loss", points: thinned(loss), faint: reach > 0 }];
  if (reach) {
    const points = byStage(history).flatMap((stage, i) => smoothCurve(stage, reach, i > 0));
    series.push({ name: `smoothed over ${2 * reach + 1} steps`, points });
  }
  if (validations.length) {
    series.push({ name: "validation", points: validationCurve(validations), best: "lowest" });
  }
  return { title: "", xLabel: "step", yLabel: "nats per token", series };
}

/** Draws loss, smoothed loss and validation loss over the steps. */
export function lossChart(
  history: readonly HistoryEntry[],
  validations: readonly ValidationEvent[],
): Picture {
  return lineChart(lossLines(history, validations));
}

/** Returns the steps on each side of a step that its smoothed loss takes in; none in a run too short to smooth. */
function reachOf(steps: number): number {
  return Math.min(maxReach, Math.round(steps / 40));
}

/**
 * Returns the mean of each value and its neighbours, at most `reach` on each side. It does not lag behind a falling loss as
 * an average over earlier steps does: the first value is itself, and the last one the mean of the last `reach` + 1. Values
 * that are not finite are left out.
 */
export function smoothed(values: readonly number[], reach: number): number[] {
  const sums = [0];
  const counts = [0];
  for (const value of values) {
    const finite = Number.isFinite(value);
    sums.push(sums.at(-1)! + (finite ? value : 0));
    counts.push(counts.at(-1)! + (finite ? 1 : 0));
  }
  return values.map((_, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(values.length, i + Math.min(reach, i) + 1);
    return (sums[to] - sums[from]) / (counts[to] - counts[from]); // NaN where all are left out
  });
}

function byStage(history: readonly HistoryEntry[]): HistoryEntry[][] {
  const stages: HistoryEntry[][] = [];
  for (const entry of history) {
    if (stages.at(-1)?.[0].stage === entry.stage) stages.at(-1)!.push(entry);
    else stages.push([entry]);
  }
  return stages;
}

/** Returns the smoothed curve of one stage; with `isBroken` a point without a value breaks it off from the stage before. */
function smoothCurve(stage: readonly HistoryEntry[], reach: number, isBroken: boolean): Point[] {
  const values = smoothed(stage.map(({ loss }) => loss), reach);
  const points = thinned(stage.map(({ step }, i): Point => [step, values[i]]));
  return isBroken ? [[stage[0].step, NaN], ...points] : points;
}

/** Returns the end of the smoothed curve, the mean of the last losses; undefined in a run too short to smooth. */
export function smoothedEnd(history: readonly HistoryEntry[]): number | undefined {
  if (!reachOf(history.length)) return undefined;
  const last = byStage(history.slice(-maxReach - 1)).at(-1) ?? [];
  return smoothed(last.map(({ loss }) => loss), reachOf(history.length)).at(-1);
}

function validationCurve(validations: readonly ValidationEvent[]): Point[] {
  return validations.flatMap(({ step, loss, stage }, i): Point[] =>
    i > 0 && stage !== validations[i - 1].stage ? [[step, NaN], [step, loss]] : [[step, loss]]
  );
}

/** Returns at most as many points as a chart can show, the last one among them. */
function thinned(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / maxPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

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
  const reach = reachOf(history.length);
  const means = new Means(history);
  const loss: Point[] = [];
  const smooth: Point[] = [];
  for (const stage of stagesIn(history)) {
    if (stage.from > 0) smooth.push([history[stage.from].step, NaN]); // breaks the curve off
    for (const i of shownIn(stage, history.length)) {
      loss.push([history[i].step, history[i].loss]);
      if (reach) smooth.push([history[i].step, smoothed(means, i, stage, reach)]);
    }
  }
  const series: Series[] = [{ name: "loss", points: loss, faint: reach > 0 }];
  if (reach) series.push({ name: `smoothed over ${2 * reach + 1} steps`, points: smooth });
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

/** Returns the end of the smoothed curve, the mean of the last losses; undefined in a run too short to smooth. */
export function smoothedEnd(history: readonly HistoryEntry[]): number | undefined {
  const reach = reachOf(history.length);
  if (!reach) return undefined;
  const tail = history.slice(-reach - 1);
  return new Means(tail.filter(({ stage }) => stage === tail.at(-1)!.stage)).of(0, tail.length);
}

/** Returns the steps on each side of a step that its smoothed loss takes in; none in a run too short to smooth. */
function reachOf(steps: number): number {
  return Math.min(maxReach, Math.round(steps / 40));
}

/**
 * Returns the mean of a loss and its neighbours in its stage, at most `reach` on each side. It does not lag behind a falling
 * loss as an average over earlier steps does: the first value is itself, and the last one the mean of the last `reach` + 1.
 */
function smoothed(means: Means, i: number, { from, to }: Range, reach: number): number {
  return means.of(Math.max(from, i - reach), Math.min(to, i + Math.min(reach, i - from) + 1));
}

/** The mean losses of ranges of steps, from running sums. Losses that are not finite are left out. */
class Means {
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  constructor(history: readonly HistoryEntry[]) {
    this.#sums = new Float64Array(history.length + 1);
    this.#counts = new Float64Array(history.length + 1);
    for (let i = 0; i < history.length; i++) {
      const { loss } = history[i];
      const isFinite = Number.isFinite(loss);
      this.#sums[i + 1] = this.#sums[i] + (isFinite ? loss : 0);
      this.#counts[i + 1] = this.#counts[i] + (isFinite ? 1 : 0);
    }
  }

  /** Returns the mean of the losses from position `from` up to, and without, `to`; NaN where all are left out. */
  of(from: number, to: number): number {
    const end = Math.min(to, this.#sums.length - 1);
    return (this.#sums[end] - this.#sums[from]) / (this.#counts[end] - this.#counts[from]);
  }
}

/** A range of positions in the history. */
interface Range {
  /** First position. */
  from: number;
  /** Position after the last one. */
  to: number;
}

function stagesIn(history: readonly HistoryEntry[]): Range[] {
  const stages: Range[] = [];
  for (let i = 0; i < history.length; i++) {
    if (i === 0 || history[i].stage !== history[i - 1].stage) stages.push({ from: i, to: i });
    stages.at(-1)!.to = i + 1;
  }
  return stages;
}

/** Returns the positions of a stage that a chart shows, the last one among them. */
function shownIn({ from, to }: Range, length: number): number[] {
  const every = Math.ceil(length / maxPoints);
  const shown = [];
  for (let i = from; i < to - 1; i += every) shown.push(i);
  return [...shown, to - 1];
}

function validationCurve(validations: readonly ValidationEvent[]): Point[] {
  return validations.flatMap(({ step, loss, stage }, i): Point[] =>
    i > 0 && stage !== validations[i - 1].stage ? [[step, NaN], [step, loss]] : [[step, loss]]
  );
}

/**
 * A curve of a chart as SVG, with gaps at values that are not finite, and with dots where points are few.
 *
 * @module
 */
import type { Scale } from "./scale.ts";
import { element, round } from "./svg.ts";

/** A curve of a chart. */
export interface Series {
  /** Name in the legend. */
  name: string;
  /** Points by ascending x. One that is not finite is a gap; on a logarithmic axis also one that is not positive. */
  points: readonly (readonly [x: number, y: number])[];
  /** Draws the curve dashed, such as a bound or a comparison. */
  dashed?: boolean;
  /** Draws the curve thin, greyer and behind the others, such as raw values behind their average. */
  faint?: boolean;
  /** Shades from `low` to `high` around the curve, such as the spread of several runs. */
  band?: readonly (readonly [x: number, low: number, high: number])[];
  /** Names the lowest or the highest value beside the last one, such as the lowest loss. */
  best?: "lowest" | "highest";
}

/** The axes of a chart that are logarithmic. */
export interface LogAxes {
  /** True for the x axis. */
  logX: boolean;
  /** True for the y axis. */
  logY: boolean;
}

/** Returns true for a point that the chart can show. */
export function drawable([x, y]: readonly [number, number], { logX, logY }: LogAxes): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && (!logX || x > 0) && (!logY || y > 0);
}

/** Returns the points of a curve and the edges of its band: all that the axes must reach. */
export function extremes({ points, band = [] }: Series, axes: LogAxes): (readonly [x: number, y: number])[] {
  const edges = band.flatMap(([x, low, high]) => [[x, low], [x, high]] as const);
  return [...points, ...edges].filter((point) => drawable(point, axes));
}

/** Draws the band of a curve. */
function shade({ band = [] }: Series, colour: string, x: Scale, y: Scale, axes: LogAxes): string {
  const shown = band.filter(([at, low, high]) => drawable([at, low], axes) && drawable([at, high], axes));
  if (shown.length < 2) return "";
  const outline = [
    ...shown.map(([at, , high]) => [x.at(at), y.at(high)]),
    ...shown.toReversed().map(([at, low]) => [x.at(at), y.at(low)]),
  ];
  return element("polygon", {
    points: outline.map((p) => p.map(round).join(",")).join(" "),
    fill: colour,
    "fill-opacity": "0.22",
  });
}

/** Draws the points of a curve by the scales of the two axes; lines keep their width where the image is stretched. */
export function curve(series: Series, colour: string, x: Scale, y: Scale, axes: LogAxes): string {
  const runs = unbroken(
    series.points.map((point) => drawable(point, axes) ? [x.at(point[0]), y.at(point[1])] : undefined),
  );
  const stroke = {
    stroke: colour,
    "stroke-width": series.faint ? 1 : 2,
    "vector-effect": "non-scaling-stroke",
  };
  const shape = { "stroke-linejoin": "round", "stroke-dasharray": series.dashed ? "6 4" : undefined };
  const lines = runs.filter((run) => run.length > 1).map((run) =>
    element("polyline", {
      fill: "none",
      ...stroke,
      ...shape,
      points: thin(run).map((p) => p.map(round).join(",")).join(" "),
    })
  );
  const count = runs.reduce((n, run) => n + run.length, 0);
  const dotted = runs.flatMap((run) => run.length === 1 || (count <= 16 && !series.dashed) ? run : []);
  const size = count === 1 ? 8 : 6;
  // A dot is a round end without a line, which stays round where the image is stretched.
  const dots = dotted.map(([x, y]) =>
    element("path", {
      d: `M${round(x)} ${round(y)}h0`,
      ...stroke,
      "stroke-width": size,
      "stroke-linecap": "round",
    })
  );
  return shade(series, colour, x, y, axes) + lines.join("") + dots.join("");
}

/** Splits points at the gaps; a gap within one pixel column does not count. */
function unbroken(points: (number[] | undefined)[]): number[][][] {
  const runs: number[][][] = [];
  let last: number[] | undefined;
  let gap = true;
  for (const point of points) {
    if (point && gap && !(last && sameColumn(last, point))) runs.push([]);
    if (point) runs[runs.length - 1].push(point), last = point;
    gap = !point;
  }
  return runs;
}

function sameColumn(a: number[], b: number[]): boolean {
  return Math.floor(a[0]) === Math.floor(b[0]);
}

/** Keeps the first, lowest, highest and last point of each pixel column, which draw the same picture. */
function thin(points: number[][]): number[][] {
  const kept: number[][] = [];
  for (let i = 0; i < points.length;) {
    let low = i;
    let high = i;
    let end = i;
    for (; end < points.length && sameColumn(points[end], points[i]); end++) {
      if (points[end][1] < points[low][1]) low = end;
      if (points[end][1] > points[high][1]) high = end;
    }
    kept.push(...[...new Set([i, low, high, end - 1])].sort((a, b) => a - b).map((k) => points[k]));
    i = end;
  }
  return kept;
}

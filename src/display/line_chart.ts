/**
 * Line charts, such as loss and learning rate over steps or tokens.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { axes, axisLabels, type Frame } from "./axes.ts";
import { curve, drawable, extremes, type LogAxes, type Series } from "./curve.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { legend, LEGEND_ROW, type LegendEntry } from "./legend.ts";
import { extent, linearScale, logScale, type Scale } from "./scale.ts";
import { sparkline } from "./sparkline.ts";
import { linePlotHtml } from "./line_plot.ts";
import { COLOURS, muted, SOFT_INK } from "./palette.ts";
import { type Paint, type Style, unpainted } from "./terminal.ts";
import { heading, label, pixels, svgDocument } from "./svg.ts";
import { oneLine, pad, textWidth } from "./text_width.ts";

/** A chart of curves. */
export interface LineChart {
  /** Line above the chart. */
  title: string;
  /** Quantity of x, with its unit. */
  xLabel: string;
  /** Quantity of y, with its unit. */
  yLabel: string;
  /** The curves; the place in this list gives the colour. */
  series: readonly Series[];
  /** Width in pixels: of an SVG file (default 640), and the widest in a notebook (default 960), where it fills its cell. */
  width?: number;
  /** Height in pixels with the axes, default 260; in a notebook title and legend stand above it. */
  height?: number;
  /** Makes the x axis logarithmic; a point whose x is not positive is a gap. */
  logX?: boolean;
  /** Makes the y axis logarithmic. */
  logY?: boolean;
}

const size = z.number().int().min(120).max(8192);
const schema = optionsSchema<LineChart>()(z.strictObject({
  title: z.string(),
  xLabel: z.string(),
  yLabel: z.string(),
  series: z.array(z.strictObject({
    name: z.string(),
    points: z.custom<Series["points"]>(Array.isArray, "must be an array of [x, y] pairs"),
    dashed: z.boolean().default(false),
    faint: z.boolean().default(false),
    band: z.custom<Series["band"]>(Array.isArray, "must be an array of [x, low, high]").optional(),
    best: z.enum(["lowest", "highest"]).optional(),
  })),
  width: size.optional(),
  height: size.default(260),
  logX: z.boolean().default(false),
  logY: z.boolean().default(false),
}));

type Chart = z.output<typeof schema>;

/**
 * Returns a chart as HTML for notebooks, and as text with a sparkline and the last value of each curve.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function lineChart(options: LineChart): Picture {
  const chart = parseOptions(schema, options, "lineChart");
  const text = chartText(chart, unpainted);
  return { text, html: html(chart, text), terminal: (paint) => chartText(chart, paint) };
}

/** Returns the chart of {@linkcode lineChart} as an SVG document, to be written to a file. */
export function lineChartSvg(options: LineChart): string {
  return draw(parseOptions(schema, options, "lineChart"));
}

const INKS: readonly Style[] = ["blue", "red", "green", "magenta", "yellow", "cyan"];

function chartText(chart: Chart, paint: Paint): string {
  const { series, logY, title, yLabel } = chart;
  const names = series.map(({ name }) => oneLine(name));
  const width = names.reduce((w, name) => Math.max(w, textWidth(name)), 0);
  const lines = series.map((one, i) => {
    const ys = one.points.map(([, y]) => logY ? Math.log(y) : y);
    const spark = ys.length > 0 ? `${paint(sparkline(ys), INKS[i % INKS.length])}  ` : "";
    return `  ${pad(names[i], width)}  ${spark}${oneLine(ending(one, chart))}`;
  });
  const unit = oneLine(title === "" ? yLabel : ` (${yLabel})`);
  return [`${paint(oneLine(title), "bold")}${unit}`, ...lines].join("\n");
}

/** Returns the words on a curve's end: the last value with its x, and the best where one is better than the last. */
function ending(series: Series, chart: Chart): string {
  const { xLabel } = chart;
  const last = lastPoint(series, chart);
  if (!last) return "no points yet";
  const best = bestText(series, chart);
  const end = series.band?.at(-1);
  const spread = end ? ` (${number(end[1])} to ${number(end[2])})` : "";
  return `${number(last[1])}${spread} at ${xLabel} ${number(last[0])}${best ? `, ${best}` : ""}`;
}

function lastPoint(series: Series, axes: LogAxes): readonly [number, number] | undefined {
  return series.points.findLast((point) => drawable(point, axes));
}

/** Returns "lowest 2.310 at step 380"; undefined where the last value is the best. */
function bestText(series: Series, chart: Chart): string | undefined {
  const { best, points } = series;
  const last = lastPoint(series, chart);
  if (!best || !last) return undefined;
  const sign = best === "lowest" ? 1 : -1;
  let [x, y] = last;
  for (const point of points) if (drawable(point, chart) && sign * point[1] < sign * y) [x, y] = point;
  return y === last[1] ? undefined : `${best} ${number(y)} at ${chart.xLabel} ${number(x)}`;
}

function html(chart: Chart, alt: string): string {
  const { series, logX, logY, height } = chart;
  const values = series.flatMap((one) => extremes(one, chart));
  return linePlotHtml({
    ...chart,
    alt,
    height: Math.max(60, height - 40),
    entries: series.map((one, i) => entry(one, i, chart)),
    xScale: (left, right, room) => xScale(values.map((p) => p[0]), left, right, logX, room),
    yScale: (bottom) => yScale(values.map((p) => p[1]), { left: 0, right: 0, top: 0, bottom }, logY),
  });
}

function draw(chart: Chart): string {
  const { width = 640, height, series, logX, logY } = chart;
  const entries = series.map((one, i) => entry(one, i, chart));
  const top = chart.title === "" ? 8 : 26;
  const key = legend(
    entries,
    12,
    top,
    width - 24,
    Math.max(1, Math.floor((height * 0.6 - top - 36) / LEGEND_ROW)),
  );
  const points = series.flatMap((one) => extremes(one, chart));
  const frame = { left: 0, right: width - 16, top: key.bottom + 8, bottom: height - 36 };
  const y = yScale(points.map((p) => p[1]), frame, logY);
  frame.left = 30 + Math.max(10, ...y.ticks.map((t) => pixels(t.text)));
  const x = xScale(points.map((p) => p[0]), frame.left, frame.right, logX);
  const order = [...series.keys()].sort((a, b) => Number(series[b].faint) - Number(series[a].faint));
  const curves = order.map((i) => curve(series[i], entries[i].colour, x, y, chart)).join("");
  const middle = { x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2 };
  const empty = label("no points yet", middle.x, middle.y, { "text-anchor": "middle", fill: SOFT_INK });
  const inside = points.length > 0 ? axes(frame, x, y) + curves : empty;
  return svgDocument(
    width,
    height,
    heading(chart.title, width) + key.svg + axisLabels(frame, chart) + inside,
  );
}

function entry(series: Series, i: number, chart: Chart): LegendEntry {
  const { name, dashed, faint } = series;
  const last = lastPoint(series, chart);
  const colour = COLOURS[i % COLOURS.length];
  return {
    name,
    dashed,
    faint,
    value: last && number(last[1]),
    best: bestText(series, chart),
    colour: faint ? muted(colour) : colour,
  };
}

function yScale(values: number[], { top, bottom }: Frame, logY: boolean): Scale {
  const wanted = Math.max(2, (bottom - top) / 36);
  const [low, high] = extent(logY ? values.map(Math.log10) : values);
  const margin = (high - low) * 0.04;
  return (logY ? logScale : linearScale)([low - margin, high + margin], bottom, top, wanted);
}

function xScale(values: number[], left: number, right: number, logX: boolean, room = right - left): Scale {
  const bounds = extent(logX ? values.map(Math.log10) : values);
  const minStep = values.every(Number.isInteger) ? 1 : 0;
  // The largest number of ticks whose labels have room: closer ticks have longer labels.
  for (let wanted = Math.max(2, Math.floor(room / 70)); wanted > 1; wanted--) {
    const scale = logX
      ? logScale(bounds, left, right, wanted)
      : linearScale(bounds, left, right, wanted, minStep);
    if (hasRoom(scale, room / (right - left))) return scale;
  }
  return logX ? logScale(bounds, left, right, 1) : linearScale(bounds, left, right, 1, minStep);
}

function hasRoom({ ticks, at }: Scale, zoom: number): boolean {
  const widest = Math.max(0, ...ticks.map((t) => pixels(t.text)));
  const gaps = ticks.slice(1).map(({ value }, i) => at(value) - at(ticks[i].value));
  return gaps.every((gap) => widest + 14 <= gap * zoom);
}

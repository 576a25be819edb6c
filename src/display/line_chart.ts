/**
 * Line charts, such as loss and learning rate over steps or tokens.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { axes, axisLabels, type Frame } from "./axes.ts";
import { curve, drawable, type Series } from "./curve.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { legend, LEGEND_ROW, type LegendEntry } from "./legend.ts";
import { extent, linearScale, logScale, type Scale } from "./scale.ts";
import { sparkline } from "./sparkline.ts";
import { COLOURS } from "./palette.ts";
import { heading, label, pixels, svgDocument, svgImage } from "./svg.ts";
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
  /** Width in pixels, default 640. */
  width?: number;
  /** Height in pixels, default 260. */
  height?: number;
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
  })),
  width: size.default(640),
  height: size.default(260),
  logY: z.boolean().default(false),
}));

type Chart = z.output<typeof schema>;

/**
 * Returns a chart as an image for notebooks and as text with a sparkline and the last value of each curve.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function lineChart(options: LineChart): Picture {
  const chart = parseOptions(schema, options, "lineChart");
  const text = chartText(chart);
  return { text, html: svgImage(draw(chart), text) };
}

/** Returns the chart of {@linkcode lineChart} as an SVG document, to be written to a file. */
export function lineChartSvg(options: LineChart): string {
  return draw(parseOptions(schema, options, "lineChart"));
}

function chartText(chart: Chart): string {
  const names = chart.series.reduce((w, s) => Math.max(w, textWidth(s.name)), 0);
  const lines = chart.series.map((series) => {
    const last = lastPoint(series, chart.logY);
    const ys = series.points.map(([, y]) => chart.logY ? Math.log(y) : y);
    const end = last ? `${number(last[1])} at ${chart.xLabel} ${number(last[0])}` : "no points yet";
    return `  ${pad(series.name, names)}  ${sparkline(ys)}${ys.length > 0 ? "  " : ""}${end}`;
  });
  const headline = chart.title === "" ? chart.yLabel : `${chart.title} (${chart.yLabel})`;
  return [headline, ...lines].map(oneLine).join("\n");
}

function lastPoint(series: Series, logY: boolean): readonly [number, number] | undefined {
  return series.points.findLast((point) => drawable(point, logY));
}

function draw(chart: Chart): string {
  const { width, height, series, logY } = chart;
  const entries = series.map((one, i) => entry(one, i, logY));
  const top = chart.title === "" ? 8 : 26;
  const key = legend(
    entries,
    12,
    top,
    width - 24,
    Math.max(1, Math.floor((height * 0.6 - top - 36) / LEGEND_ROW)),
  );
  const points = series.flatMap((s) => s.points.filter((p) => drawable(p, logY)));
  const frame = { left: 0, right: width - 16, top: key.bottom + 8, bottom: height - 36 };
  const y = yScale(points.map((p) => p[1]), frame, logY);
  frame.left = 30 + Math.max(10, ...y.ticks.map((t) => pixels(t.text)));
  const x = xScale(points.map((p) => p[0]), frame);
  const order = [...series.keys()].sort((a, b) => Number(series[b].faint) - Number(series[a].faint));
  const curves = order.map((i) => curve(series[i], entries[i].colour, x, y, logY)).join("");
  const middle = { x: (frame.left + frame.right) / 2, y: (frame.top + frame.bottom) / 2 };
  const empty = label("no points yet", middle.x, middle.y, { "text-anchor": "middle", fill: "#888" });
  const inside = points.length > 0 ? axes(frame, x, y) + curves : empty;
  return svgDocument(
    width,
    height,
    heading(chart.title, width) + key.svg + axisLabels(frame, chart) + inside,
  );
}

function entry(series: Series, i: number, logY: boolean): LegendEntry {
  const { name, dashed, faint } = series;
  const last = lastPoint(series, logY);
  return { name, dashed, faint, value: last && number(last[1]), colour: COLOURS[i % COLOURS.length] };
}

function yScale(values: number[], { top, bottom }: Frame, logY: boolean): Scale {
  const wanted = Math.max(2, (bottom - top) / 36);
  const [low, high] = extent(logY ? values.map(Math.log10) : values);
  const margin = (high - low) * 0.04;
  return (logY ? logScale : linearScale)([low - margin, high + margin], bottom, top, wanted);
}

function xScale(values: number[], { left, right }: Frame): Scale {
  const bounds = extent(values);
  const minStep = values.every(Number.isInteger) ? 1 : 0;
  // The largest number of ticks whose labels have room: closer ticks have longer labels.
  for (let wanted = Math.max(2, Math.floor((right - left) / 70)); wanted > 1; wanted--) {
    const scale = linearScale(bounds, left, right, wanted, minStep);
    const widest = Math.max(0, ...scale.ticks.map((t) => pixels(t.text)));
    if (
      scale.ticks.length < 2 || widest + 14 <= scale.at(scale.ticks[1].value) - scale.at(scale.ticks[0].value)
    ) {
      return scale;
    }
  }
  return linearScale(bounds, left, right, 1, minStep);
}

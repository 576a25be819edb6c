/**
 * A line chart as HTML for notebooks: words in the theme's colour around an image of lines that takes the width it gets.
 *
 * @module
 */
import { curve, drawable, type LogAxes, type Series } from "./curve.ts";
import { escapeHtml, MAX_WIDTH, titleHtml } from "./html.ts";
import type { LegendEntry } from "./legend.ts";
import { GREY } from "./palette.ts";
import type { Scale } from "./scale.ts";
import { element, pixels, round, svgImage, svgMarks } from "./svg.ts";
import { oneLine } from "./text_width.ts";

/** The parts of a chart that its HTML shows. */
export interface LinePlot extends LogAxes {
  /** Line above the chart. */
  title: string;
  /** Quantity of x, with its unit. */
  xLabel: string;
  /** Quantity of y, with its unit. */
  yLabel: string;
  /** The curves. */
  series: readonly Series[];
  /** The legend, an entry per curve. */
  entries: readonly LegendEntry[];
  /** Alternative text of the image. */
  alt: string;
  /** Widest in pixels. */
  width?: number;
  /** Height of the area of the curves, in pixels. */
  height: number;
  /** Returns the scale of x from pixel `left` to `right`, its ticks those for an area of `room` pixels. */
  xScale(left: number, right: number, room: number): Scale;
  /** Returns the scale of y from pixel `bottom` up to 0. */
  yScale(bottom: number): Scale;
}

/** Pixels of the image; it stretches, lines do not get thicker. */
const WIDTH = 1000;
/** Pixels of the image left and right of the first and the last point, so that their dots are whole. */
const MARGIN = 8;
/** The width for which ticks are chosen: a narrow cell, so that their labels are apart in any. */
const ROOM = 480;
const SMALL = "font-size:12px;line-height:16px";

/** Returns the HTML of a line chart. */
export function linePlotHtml(plot: LinePlot): string {
  const { title, xLabel, yLabel, series, height } = plot;
  const head = titleHtml(title) + legendHtml(plot.entries);
  const hasPoints = series.some(({ points }) => points.some((point) => drawable(point, plot)));
  if (!hasPoints) return `${head}<div style="opacity:0.8;margin:4px 0">no points yet</div>`;
  const y = plot.yScale(height);
  const x = plot.xScale(MARGIN, WIDTH - MARGIN, ROOM);
  const left = 16 + Math.ceil(Math.max(10, ...y.ticks.map((tick) => pixels(tick.text, 12))));
  const quiet = `${SMALL};opacity:0.8`;
  return `<div style="max-width:${plot.width ?? MAX_WIDTH}px">${head}` +
    `<div style="${quiet};margin:4px 0 0 8px">${escapeHtml(oneLine(yLabel))}</div>` +
    `<div style="position:relative;height:${height}px;margin:10px 24px 22px ${left}px">${
      area(plot, x, y)
    }</div>` +
    `<div style="${quiet};text-align:center;margin:0 24px 4px ${left}px">${
      escapeHtml(oneLine(xLabel))
    }</div></div>`;
}

/** Draws the image and puts the values of the ticks beside it. */
function area(plot: LinePlot, x: Scale, y: Scale): string {
  const { series, entries, height, alt } = plot;
  const line = (d: string, opacity?: string) =>
    element("path", {
      d,
      stroke: GREY,
      "stroke-opacity": opacity,
      class: opacity && "grid",
      "vector-effect": "non-scaling-stroke",
    });
  const grid = y.ticks.map((tick) => line(`M0 ${round(y.at(tick.value))}H${WIDTH}`, "0.35")).join("");
  const ticks = x.ticks.map((tick) => line(`M${round(x.at(tick.value))} ${height}v-5`)).join("");
  const order = [...series.keys()].sort((a, b) => Number(series[b].faint) - Number(series[a].faint));
  const curves = order.map((i) => curve(series[i], entries[i].colour, x, y, plot)).join("");
  const marks = svgMarks(WIDTH, height, grid + ticks + line(`M0 ${height}H${WIDTH}`) + curves);
  const place = "position:absolute;white-space:nowrap";
  const rows = y.ticks.map((tick) =>
    `<span style="${place};${SMALL};right:100%;top:${
      percentOf(y.at(tick.value), height)
    };margin:-8px 6px 0 0">${escapeHtml(tick.text)}</span>`
  );
  const columns = x.ticks.map((tick) =>
    `<span style="${place};${SMALL};left:${
      percentOf(x.at(tick.value), WIDTH)
    };top:100%;width:80px;margin:4px 0 0 -40px;` +
    `text-align:center">${escapeHtml(tick.text)}</span>`
  );
  return svgImage(marks, alt, `display:block;width:100%;height:${height}px;max-width:none`) +
    rows.join("") + columns.join("");
}

function percentOf(at: number, whole: number): string {
  return `${(100 * at / whole).toFixed(2)}%`;
}

/** Returns the legend: a stroke, the name and the values of each curve, as many in a line as have room. */
function legendHtml(entries: readonly LegendEntry[]): string {
  const items = entries.map(({ name, value, best, colour, dashed, faint }) => {
    const stroke = `border-top:${faint ? 1 : 3}px ${dashed ? "dashed" : "solid"} ${colour}`;
    const swatch =
      `<span style="display:inline-block;width:20px;height:0px;vertical-align:middle;margin-right:6px;${stroke}"></span>`;
    const end = value === undefined ? "" : ` <b>${escapeHtml(value)}</b>`;
    const extreme = best === undefined ? "" : `<span style="opacity:0.8">, ${escapeHtml(best)}</span>`;
    return `<span style="display:inline-block;margin-right:18px">${swatch}${
      escapeHtml(oneLine(name))
    }${end}${extreme}</span>`;
  });
  return items.length === 0 ? "" : `<div style="margin:4px 0;line-height:20px">${items.join(" ")}</div>`;
}

/**
 * Horizontal bars, such as documents kept and dropped, scores of options, or time by part.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { COLOURS } from "./palette.ts";
import { element, fitPixels, heading, label, pixels, svgDocument, svgImage } from "./svg.ts";
import { fit, oneLine, pad, textWidth } from "./text_width.ts";

/** One bar. */
export interface Bar {
  /** Name on the left. */
  label: string;
  /** Length; a negative value goes left from zero, a value that is not finite has no bar. */
  value: number;
  /** Length of a pale bar behind it: the whole of which `value` is a part, such as all documents. */
  of?: number;
  /** Words after the value, such as a reason. */
  note?: string;
  /** Draws the bar in the second colour, such as the right answer. */
  highlight?: boolean;
}

/** A chart of horizontal bars. */
export interface BarChart {
  /** Line above the chart. */
  title: string;
  /** Bars from top to bottom. */
  bars: readonly Bar[];
  /** Text of a value, default four significant digits. */
  format?: (value: number) => string;
  /** Width in pixels, default 640; the height follows from the number of bars. */
  width?: number;
}

const schema = optionsSchema<BarChart>()(z.strictObject({
  title: z.string(),
  bars: z.array(z.strictObject({
    label: z.string(),
    value: z.number().or(z.nan()).or(z.literal([Infinity, -Infinity])),
    of: z.number().optional(),
    note: z.string().optional(),
    highlight: z.boolean().optional(),
  })),
  format: z.custom<(value: number) => string>((f) => typeof f === "function", "must be a function")
    .optional(),
  width: z.number().int().min(240).max(8192).default(640),
}));

type Chart = z.output<typeof schema>;
const ROW = 22;
const TEXT_BAR = 24;

/**
 * Returns bars as an image for notebooks and as blocks in text.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function barChart(options: BarChart): Picture {
  const chart = parseOptions(schema, options, "barChart");
  const text = chartText(chart);
  return { text, html: svgImage(draw(chart), text) };
}

/** Returns the chart of {@linkcode barChart} as an SVG document, to be written to a file. */
export function barChartSvg(options: BarChart): string {
  return draw(parseOptions(schema, options, "barChart"));
}

/** Returns the smallest and the largest of all lengths and zero, clipped so that their range is finite. */
function range(bars: readonly Bar[]): [low: number, high: number] {
  const ends = bars.flatMap((bar) => [length(bar.value), length(bar.of ?? 0)]);
  return [ends.reduce((a, b) => Math.min(a, b), 0), ends.reduce((a, b) => Math.max(a, b), 0)];
}

function length(value: number): number {
  return Number.isFinite(value) ? Math.max(-4e307, Math.min(4e307, value)) : 0;
}

function caption(bar: Bar, format: (value: number) => string = number): string {
  const part = bar.of === undefined ? "" : ` of ${format(bar.of)}`;
  return `${format(bar.value)}${part}${bar.note ? `, ${bar.note}` : ""}`;
}

function chartText({ title, bars, format }: Chart): string {
  const names = bars.map((bar) => fit(bar.label, 40));
  const width = names.reduce((w, name) => Math.max(w, textWidth(name)), 0);
  const [low, high] = range(bars);
  const lines = bars.map((bar, i) => {
    const share = (value: number) =>
      Math.round(Math.abs(length(value)) / Math.max(high, -low, 1e-300) * TEXT_BAR);
    const full = share(bar.value);
    const rest = Math.max(0, share(bar.of ?? 0) - full);
    const drawn = `${"█".repeat(full)}${"░".repeat(rest)}`.padEnd(TEXT_BAR);
    return `${bar.highlight ? "*" : " "} ${pad(names[i], width)}  ${drawn}  ${caption(bar, format)}`;
  });
  if (bars.length === 0) lines.push("  no bars");
  return [title, ...lines].filter((line) => line !== "").map(oneLine).join("\n");
}

function draw({ title, bars, format, width }: Chart): string {
  const captions = bars.map((bar) => fitPixels(caption(bar, format), width * 0.4));
  const names = bars.map((bar) => fitPixels(bar.label, width * 0.3));
  const widest = (texts: string[]) => texts.reduce((w, text) => Math.max(w, pixels(text)), 0);
  const left = 12 + widest(names) + 8;
  const right = width - 12 - widest(captions) - 8;
  const top = title === "" ? 8 : 32;
  const height = top + Math.max(1, bars.length) * ROW + 8;
  const [low, high] = range(bars);
  const at = (value: number) =>
    left + (high === low ? 0 : (length(value) - low) / (high - low) * (right - left));
  const rect = (value: number, y: number, fill: string) =>
    element("rect", {
      x: Math.min(at(0), at(value)),
      y,
      width: Math.abs(at(value) - at(0)),
      height: ROW - 8,
      fill,
      rx: 1,
    });
  const rows = bars.map((bar, i) => {
    const y = top + i * ROW + 4;
    return label(names[i], left - 8, y + 11, { "text-anchor": "end" }) +
      (bar.of === undefined ? "" : rect(bar.of, y, "#dde3e8")) +
      rect(bar.value, y, COLOURS[bar.highlight ? 1 : 0]) +
      label(captions[i], right + 8, y + 11, { fill: "#555" });
  });
  const zero = element("path", { d: `M${at(0).toFixed(1)} ${top}V${height - 8}`, stroke: "#888" });
  const none = label("no bars", width / 2, top + 15, { fill: "#888", "text-anchor": "middle" });
  return svgDocument(width, height, heading(title, width) + rows.join("") + (bars.length > 0 ? zero : none));
}

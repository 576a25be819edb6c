/**
 * Horizontal bars, such as documents kept and dropped, scores of options, or time by part.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { escapeHtml, MAX_WIDTH, noteHtml, titleHtml } from "./html.ts";
import { COLOURS, GREY, SOFT_INK } from "./palette.ts";
import { type Attributes, element, fitPixels, heading, label, pixels, round, svgDocument } from "./svg.ts";
import { plainPage, terminalPage, type TextPage } from "./terminal.ts";
import { fit, oneLine, pad, textWidth, wrapWords } from "./text_width.ts";

/** One bar. */
export interface Bar {
  /** Name on the left. */
  label: string;
  /** Length; a negative value goes left from zero, a value that is not finite has no bar. */
  value: number;
  /** Length of a frame around it: the whole of which `value` is a part, such as all documents. */
  of?: number;
  /** Words after the value, such as a reason. */
  note?: string;
  /** Marks the bar, such as the right answer: a check mark, a bold name and the second colour. */
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
  /** Width in pixels: of an SVG file (default 640), and the widest in a notebook (default 960), where it fills its cell. */
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
  width: z.number().int().min(240).max(8192).optional(),
}));

type Chart = z.output<typeof schema>;
const ROW = 22;
/** Widest bar in text; narrow terminals have shorter ones. */
const TEXT_BAR = 24;
/** Columns that a caption gets before bars become shorter; the rest of a longer one wraps. */
const CAPTION = 32;
/** Mark of a bar that stands out, in text, HTML and SVG. */
const MARK = "✓";

/**
 * Returns bars as HTML for notebooks and as blocks in text.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function barChart(options: BarChart): Picture {
  const chart = parseOptions(schema, options, "barChart");
  return {
    text: chartText(chart, plainPage),
    html: html(chart),
    terminal: (paint, columns) => chartText(chart, terminalPage(paint, columns)),
  };
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

function valueText({ value, of }: Bar, format: (value: number) => string = number): string {
  return `${format(value)}${of === undefined ? "" : ` of ${format(of)}`}`;
}

function caption(bar: Bar, format?: (value: number) => string): string {
  return `${valueText(bar, format)}${bar.note ? `, ${bar.note}` : ""}`;
}

/** Returns the chart as text: names, bars and captions, which wrap in narrow terminals. */
function chartText({ title, bars, format }: Chart, { width: columns, paint }: TextPage): string {
  const names = bars.map((bar) =>
    fit(oneLine(bar.label), Math.max(8, Math.min(40, Math.floor(columns / 3))))
  );
  const width = names.reduce((w, name) => Math.max(w, textWidth(name)), 0);
  const values = bars.reduce((w, bar) => Math.max(w, textWidth(valueText(bar, format))), 0);
  const captions = bars.reduce((w, bar) => Math.max(w, textWidth(caption(bar, format))), 0);
  const longest = Math.max(
    8,
    Math.min(TEXT_BAR, columns - width - 6 - Math.max(values, Math.min(captions, CAPTION))),
  );
  const [low, high] = range(bars);
  const share = (value: number) =>
    Math.round(Math.abs(length(value)) / Math.max(high, -low, 1e-300) * longest);
  const lines = bars.map((bar, i) => {
    const full = share(bar.value);
    const rest = Math.max(0, share(bar.of ?? 0) - full);
    const look = bar.highlight ? "green" : "blue";
    const drawn = paint("█".repeat(full), look) + paint("░".repeat(rest), "dim") +
      " ".repeat(longest - full - rest);
    const said = wrapWords(oneLine(caption(bar, format)), Math.max(values, columns - width - longest - 6));
    const below = said.slice(1).map((line) => " ".repeat(width + longest + 6) + line);
    const mark = bar.highlight ? paint(MARK, "green") : " ";
    return [`${mark} ${pad(names[i], width)}  ${drawn}  ${said[0]}`, ...below].join("\n");
  });
  if (bars.length === 0) lines.push("  no bars");
  return [paint(oneLine(title), "bold"), ...lines].filter((line) => line !== "").join("\n");
}

/** Longest name, in columns of a terminal, that stays on one line in HTML. */
const ONE_LINE = 32;

/**
 * Returns the chart as a table: a name, a bar and a caption in each row. The bars get the width that names and numbers
 * leave; long words wrap.
 */
function html({ title, bars, format, width = MAX_WIDTH }: Chart): string {
  if (bars.length === 0) return titleHtml(title) + noteHtml("no bars");
  const [low, high] = range(bars);
  const at = (value: number) => high === low ? 0 : (length(value) - low) / (high - low) * 100;
  const cell = "text-align:left;vertical-align:middle;padding:3px 8px";
  const longest = bars.reduce((w, bar) => Math.max(w, textWidth(oneLine(bar.label))), 0);
  const names = longest <= ONE_LINE ? "width:1%;white-space:nowrap" : "width:30%;overflow-wrap:break-word";
  const captions = bars.some((bar) => bar.note) ? "width:30%" : "width:1%";
  const rows = bars.map((bar) => {
    const name = escapeHtml(oneLine(bar.label));
    const note = bar.note
      ? `<span style="opacity:0.8;overflow-wrap:break-word">, ${escapeHtml(oneLine(bar.note))}</span>`
      : "";
    return `<tr style="background:transparent">` +
      `<td style="${cell};${names}">${bar.highlight ? `<b>${MARK} ${name}</b>` : name}</td>` +
      `<td style="${cell}">${barHtml(bar, at)}</td>` +
      `<td style="${cell};${captions}"><span style="white-space:nowrap">${
        escapeHtml(valueText(bar, format))
      }</span>${note}</td></tr>`;
  });
  return titleHtml(title) +
    `<table style="table-layout:auto;width:100%;max-width:${width}px;margin:0"><tbody>${
      rows.join("")
    }</tbody></table>`;
}

/** Draws the frame of the whole, the bar and the line of zero, in percent of the widest. */
function barHtml({ value, of, highlight }: Bar, at: (value: number) => number): string {
  const part = (from: number, to: number, style: string) => {
    const [left, right] = from < to ? [from, to] : [to, from];
    return `<span style="position:absolute;box-sizing:border-box;top:0px;height:14px;left:${
      left.toFixed(2)
    }%;` +
      `width:${(right - left).toFixed(2)}%;${style}"></span>`;
  };
  const zero = at(0);
  return `<div style="position:relative;height:14px;min-width:60px">` +
    (of === undefined ? "" : part(zero, at(of), `border:1px solid ${GREY}`)) +
    part(zero, at(value), `background:${COLOURS[highlight ? 1 : 0]}`) +
    part(zero, zero, `border-left:1px solid ${GREY};min-width:1px`) + "</div>";
}

function draw({ title, bars, format, width = 640 }: Chart): string {
  const captions = bars.map((bar) => fitPixels(caption(bar, format), width * 0.4));
  const names = bars.map((bar) =>
    fitPixels(`${bar.highlight ? `${MARK} ` : ""}${oneLine(bar.label)}`, width * 0.3)
  );
  const widest = (texts: string[]) => texts.reduce((w, text) => Math.max(w, pixels(text)), 0);
  const left = 12 + widest(names) + 8;
  const right = width - 12 - widest(captions) - 8;
  const top = title === "" ? 8 : 32;
  const height = top + Math.max(1, bars.length) * ROW + 8;
  const [low, high] = range(bars);
  const at = (value: number) =>
    left + (high === low ? 0 : (length(value) - low) / (high - low) * (right - left));
  const rect = (value: number, y: number, look: Attributes) =>
    element("rect", {
      x: Math.min(at(0), at(value)),
      y,
      width: Math.abs(at(value) - at(0)),
      height: ROW - 8,
      ...look,
    });
  const rows = bars.map((bar, i) => {
    const y = top + i * ROW + 4;
    return label(names[i], left - 8, y + 11, { "text-anchor": "end" }) +
      (bar.of === undefined ? "" : rect(bar.of, y, { fill: "none", stroke: GREY })) +
      rect(bar.value, y, { fill: COLOURS[bar.highlight ? 1 : 0] }) +
      label(captions[i], right + 8, y + 11, { fill: SOFT_INK });
  });
  const zero = element("path", { d: `M${round(at(0))} ${top}V${height - 8}`, stroke: GREY });
  const none = label("no bars", width / 2, top + 15, { fill: SOFT_INK, "text-anchor": "middle" });
  return svgDocument(width, height, heading(title, width) + rows.join("") + (bars.length > 0 ? zero : none));
}

/**
 * Heat maps: numbers as shades in rows and columns, in one panel or in several small ones.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { heatHtml } from "./heat_html.ts";
import { MAX_WIDTH } from "./html.ts";
import { plainPage, terminalPage, type TextPage } from "./terminal.ts";
import { fit, oneLine, pad, textWidth } from "./text_width.ts";

/** A grid of numbers. */
export interface HeatPanel {
  /** Line above the panel. */
  title: string;
  /** Values by row and column; NaN leaves the cell blank. */
  values: readonly (readonly number[])[];
  /** Text in the cells, by row and column. */
  texts?: readonly (readonly string[])[];
}

/** A heat map. */
export interface HeatMap {
  /** Line above the heat map. */
  title: string;
  /** Names of the rows, left of the first panel. */
  rows: readonly string[];
  /** Names of the columns, above the panels; default none. */
  columns?: readonly string[];
  /** The panels; all have the same numbers of rows and columns. */
  panels: readonly HeatPanel[];
  /** Value of the strongest shade; default the largest of all panels. */
  most?: number;
  /** Text of a value in the scale, default four significant digits. */
  format?: (value: number) => string;
  /** Alternative text of the image, after the title. */
  alt?: string;
  /** Widest in pixels, default 960; the height follows from the rows. */
  width?: number;
}

const names = z.array(z.string());
const schema = optionsSchema<HeatMap>()(z.strictObject({
  title: z.string(),
  rows: names,
  columns: names.optional(),
  panels: z.array(z.strictObject({
    title: z.string(),
    values: z.array(z.array(z.number().or(z.nan()).or(z.literal([Infinity, -Infinity])))),
    texts: z.array(names).optional(),
  })),
  most: z.number().positive().optional(),
  format: z.custom<(value: number) => string>((f) => typeof f === "function", "must be a function")
    .optional(),
  alt: z.string().optional(),
  width: z.number().int().min(240).max(8192).default(MAX_WIDTH),
}));

type Chart = z.output<typeof schema>;
type Panel = Chart["panels"][number];

/** Shades of text, weak to strong. */
const SHADES = " ·░▒▓█";

/**
 * Returns values as shades, in HTML for notebooks and in text.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function heatMap(options: HeatMap): Picture {
  const chart = parseOptions(schema, options, "heatMap");
  const { title, alt = "", format = number } = chart;
  const largest = largestOf(chart);
  const share = (value: number) => largest === 0 ? value * 0 : Math.min(1, Math.abs(value) / largest);
  const scale: [string, string] = [format(0), format(largest)];
  return {
    text: chartText(chart, share, scale, plainPage),
    html: heatHtml({ ...chart, share, scale, alt: [title, alt].filter((line) => line !== "").join(". ") }),
    terminal: (paint, columns) => chartText(chart, share, scale, terminalPage(paint, columns)),
  };
}

function largestOf({ panels, most }: Chart): number {
  return most ?? panels.flatMap(({ values }) => values.flat()).filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, Math.abs(b)), 0);
}

function columnCount({ panels }: Chart): number {
  return panels.reduce((n, { values }) => values.reduce((n, row) => Math.max(n, row.length), n), 0);
}

function chartText(
  chart: Chart,
  share: (value: number) => number,
  scale: [string, string],
  { width, paint }: TextPage,
): string {
  const rows = chart.rows.map((name) => fit(oneLine(name), 16));
  const count = columnCount(chart);
  const side = rows.reduce((w, name) => Math.max(w, textWidth(name)), 0);
  const hasTexts = chart.panels.some(({ texts }) => texts);
  const cell = hasTexts ? Math.max(6, Math.min(12, Math.floor((width - side - 4) / Math.max(1, count)))) : 1;
  const panelWidth = Math.max(count * cell, ...chart.panels.map(({ title }) => textWidth(title)), 1);
  const perLine = Math.max(1, Math.floor((width - side - 2) / (panelWidth + 2)));
  const word = (text: string) => pad(fit(oneLine(text), cell - 1), cell);
  const lines: string[] = chart.title === "" ? [] : [paint(oneLine(chart.title), "bold")];
  const put = (head: string, parts: string[]) =>
    lines.push(`  ${pad(head, side)}  ${parts.map((part) => pad(part, panelWidth)).join("  ")}`.trimEnd());
  for (let at = 0; at < chart.panels.length; at += perLine) {
    const shown = chart.panels.slice(at, at + perLine);
    if (shown.some(({ title }) => title !== "")) put("", shown.map(({ title }) => oneLine(title)));
    if (hasTexts && chart.columns) put("", shown.map(() => chart.columns!.map(word).join("")));
    rows.forEach((name, i) =>
      put(
        name,
        shown.map(({ values, texts }) =>
          texts ? (texts[i] ?? []).map(word).join("") : shades(values[i] ?? [], share)
        ),
      )
    );
  }
  if (!hasTexts && count > 0) lines.push(paint(`  ${scale[0]} ${SHADES.slice(1)} ${scale[1]}`, "dim"));
  return lines.join("\n");
}

function shades(values: Panel["values"][number], share: (value: number) => number): string {
  return values.map((value) => {
    const s = share(value);
    return Number.isNaN(s) ? " " : SHADES[Math.min(SHADES.length - 1, Math.ceil(s * SHADES.length - 0.5))];
  }).join("");
}

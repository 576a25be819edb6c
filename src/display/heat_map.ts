/**
 * Heat maps: numbers as shades in rows and columns, in one panel or in several small ones.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import type { Picture } from "./display.ts";
import { COLOURS } from "./palette.ts";
import { element, fitPixels, heading, label, pixels, svgDocument, svgImage } from "./svg.ts";
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
  /** Names of the rows, left of the first panel of each line. */
  rows: readonly string[];
  /** Names of the columns, above the panels; default none. */
  columns?: readonly string[];
  /** The panels; all have the same numbers of rows and columns. */
  panels: readonly HeatPanel[];
  /** Value of the darkest shade; default the largest of all panels. */
  most?: number;
  /** Alternative text of the image, after the title. */
  alt?: string;
  /** Width in pixels, default 640; the height follows from the rows. */
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
  alt: z.string().optional(),
  width: z.number().int().min(240).max(8192).default(640),
}));

type Chart = z.output<typeof schema>;
type Panel = Chart["panels"][number];

/** Shades of text, light to dark. */
const SHADES = " ·░▒▓█";
const TEXT_WIDTH = 100;
const GAP = 14;

/**
 * Returns values as shades, in an image for notebooks and in text.
 *
 * @throws {ConfigError} for an unknown or missing option
 */
export function heatMap(options: HeatMap): Picture {
  const chart = parseOptions(schema, options, "heatMap");
  const share = shareOf(chart);
  const alt = [chart.title, chart.alt ?? ""].filter((line) => line !== "").join(". ");
  return { text: chartText(chart, share), html: svgImage(draw(chart, share), alt) };
}

/** Returns the function from a value to its shade, 0 to 1; NaN stays NaN. */
function shareOf({ panels, most }: Chart): (value: number) => number {
  const largest = most ?? panels.flatMap(({ values }) => values.flat()).filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return (value) => largest === 0 ? value * 0 : Math.min(1, Math.abs(value) / largest);
}

function columnCount({ panels }: Chart): number {
  return panels.reduce((n, { values }) => values.reduce((n, row) => Math.max(n, row.length), n), 0);
}

function chartText(chart: Chart, share: (value: number) => number): string {
  const rows = chart.rows.map((name) => fit(oneLine(name), 16));
  const count = columnCount(chart);
  const side = rows.reduce((w, name) => Math.max(w, textWidth(name)), 0);
  const hasTexts = chart.panels.some(({ texts }) => texts);
  const cell = hasTexts ? 12 : 1;
  const panelWidth = Math.max(count * cell, ...chart.panels.map(({ title }) => textWidth(title)), 1);
  const perLine = Math.max(1, Math.floor((TEXT_WIDTH - side) / (panelWidth + 2)));
  const lines: string[] = oneLine(chart.title) === "" ? [] : [oneLine(chart.title)];
  const put = (head: string, parts: string[]) =>
    lines.push(`  ${pad(head, side)}  ${parts.map((part) => pad(part, panelWidth)).join("  ")}`.trimEnd());
  for (let at = 0; at < chart.panels.length; at += perLine) {
    const shown = chart.panels.slice(at, at + perLine);
    if (shown.some(({ title }) => title !== "")) put("", shown.map(({ title }) => oneLine(title)));
    if (hasTexts && chart.columns) put("", shown.map(() => chart.columns!.map(word).join("")));
    rows.forEach((name, i) => put(name, shown.map((panel) => rowText(panel, i, share))));
  }
  return lines.join("\n");
}

function word(text: string): string {
  return pad(fit(oneLine(text), 11), 12);
}

function rowText({ values, texts }: Panel, row: number, share: (value: number) => number): string {
  if (texts) return (texts[row] ?? []).map(word).join("");
  return (values[row] ?? []).map((value) => {
    const s = share(value);
    return Number.isNaN(s) ? " " : SHADES[Math.min(SHADES.length - 1, Math.ceil(s * SHADES.length - 0.5))];
  }).join("");
}

/** Returns the sizes of the drawing, in pixels. */
function layOut(chart: Chart) {
  const columns = Math.max(1, columnCount(chart));
  const hasTexts = chart.panels.some(({ texts }) => texts);
  const rows = chart.rows.map((name) => fitPixels(oneLine(name), 90));
  const left = 12 + rows.reduce((w, name) => Math.max(w, pixels(name)), 0) + 6;
  const room = chart.width - left - 12;
  const panels = Math.max(1, chart.panels.length);
  const cell = hasTexts
    ? { w: Math.min(96, room / columns), h: 22 }
    : square(panels === 1 ? Math.min(20, room / columns) : smallCell(room, panels, columns));
  const wide = columns * cell.w;
  const perLine = Math.max(1, Math.floor((room + GAP) / (wide + GAP)));
  const named = chart.columns?.map((name) => fitPixels(oneLine(name), hasTexts ? cell.w - 4 : 70));
  const names = !named ? 0 : hasTexts ? 16 : named.reduce((h, name) => Math.max(h, pixels(name)), 0) + 6;
  const head = (chart.panels.some(({ title }) => title !== "") && panels > 1 ? 16 : 0) + names;
  return { columns: named, rows, left, cell, wide, perLine, hasTexts, head, panels };
}

/** Returns the width of a cell: all panels are in one line where cells stay at least 8 pixels wide. */
function smallCell(room: number, panels: number, columns: number): number {
  const fitting = (room - GAP * (panels - 1)) / panels / columns;
  return Math.min(14, Math.max(8, fitting), room / columns);
}

function square(side: number): { w: number; h: number } {
  return { w: side, h: Math.max(side, 2) };
}

function draw(chart: Chart, share: (value: number) => number): string {
  const { columns, rows, left, cell, wide, perLine, hasTexts, head, panels } = layOut(chart);
  const top = chart.title === "" ? 8 : 32;
  const tall = head + rows.length * cell.h + GAP;
  const height = Math.ceil(top + Math.ceil(panels / perLine) * tall);
  const small = !hasTexts && cell.h < 11 ? { "font-size": Math.max(5, cell.h) } : {};
  const parts = chart.panels.map((panel, p) => {
    const x = left + (p % perLine) * (wide + GAP);
    const y = top + Math.floor(p / perLine) * tall + head;
    const title = panels > 1 ? label(fitPixels(panel.title, wide), x, y - 5, { fill: "#555" }) : "";
    const side = p % perLine > 0
      ? ""
      : rows.map((name, i) =>
        label(name, x - 6, y + (i + 0.5) * cell.h + Math.min(4, cell.h * 0.35), {
          "text-anchor": "end",
          ...small,
        })
      ).join("");
    const above = (columns ?? []).map((name, i) => {
      const at = x + (i + 0.5) * cell.w;
      return hasTexts
        ? label(name, at, y - 5, { "text-anchor": "middle", fill: "#555" })
        : label(name, 0, 4, { transform: `translate(${at.toFixed(1)} ${y - 5}) rotate(-90)`, fill: "#555" });
    }).join("");
    return title + side + above + cells(panel, x, y, cell, share);
  });
  return svgDocument(chart.width, height, heading(chart.title, chart.width) + parts.join(""));
}

function cells(
  { values, texts }: Panel,
  x: number,
  y: number,
  cell: { w: number; h: number },
  share: (value: number) => number,
): string {
  return values.map((row, i) =>
    row.map((value, j) => {
      const s = share(value);
      const left = x + j * cell.w;
      const top = y + i * cell.h;
      const gap = cell.h > 4 ? 1 : 0;
      const sized = { width: cell.w - gap, height: cell.h - gap };
      const box = Number.isNaN(s) ? "" : element("rect", { x: left, y: top, ...sized, ...shade(s) });
      const text = fitPixels(oneLine(texts?.[i]?.[j] ?? ""), cell.w - 6);
      const middle = { "text-anchor": "middle" };
      const fill = s > 0.55 ? "#fff" : undefined;
      return box + (text && label(text, left + cell.w / 2, top + cell.h / 2 + 4, { ...middle, fill }));
    }).join("")
  ).join("");
}

/** Returns a colour from pale grey to blue; opacity is text, since `element` rounds numbers to one decimal. */
function shade(s: number): { fill: string; "fill-opacity"?: string } {
  return s < 0.005 ? { fill: "#eef1f4" } : { fill: COLOURS[0], "fill-opacity": (0.07 + 0.93 * s).toFixed(2) };
}

/**
 * Tables: rows as aligned text with a rule under the head, and as HTML.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { type Cell, cells } from "./cell.ts";
import type { Picture } from "./display.ts";
import { escapeHtml, noteHtml, scrolling, titleHtml } from "./html.ts";
import { fit, oneLine, pad, textWidth } from "./text_width.ts";

/** The alignment of a column. */
export type Align = "left" | "right" | "center";

/** A column of a table. */
export interface Column {
  /** Name in the head. */
  name: string;
  /** Alignment, default right for numbers and left for other values. */
  align?: Align;
  /** Text of a value, default for numbers the same decimals in the whole column. */
  format?: (value: unknown) => string;
}

/** Rows under named columns. */
export interface Grid {
  /** Columns from left to right. */
  columns: Column[];
  /** An array of values per row, in the order of the columns. */
  rows: unknown[][];
}

/** Options of a table. */
export interface TableOptions {
  /** Line above the table. */
  title?: string;
  /** Alignment by column name. */
  align?: Record<string, Align>;
  /** Line below the table. */
  note?: string;
}

const schema = optionsSchema<TableOptions>()(z.strictObject({
  title: z.string().optional(),
  align: z.record(z.string(), z.enum(["left", "right", "center"])).optional(),
  note: z.string().optional(),
}));

/** Upper limit of a column in text form, in terminal columns; HTML wraps. */
const MAX_WIDTH = 60;

/**
 * Returns a table of objects, whose keys are the columns in the order of their first use, or of a {@linkcode Grid}. Missing
 * values are empty, `true` and `false` are "yes" and "no", and no value can break the layout or inject HTML.
 *
 * @throws {ConfigError} for an unknown option
 */
export function table(rows: readonly object[] | Grid, options: TableOptions = {}): Picture {
  const { title, align = {}, note } = parseOptions(schema, options, "table");
  const grid = "columns" in rows ? rows : gridOf(rows);
  const columns = grid.columns.map((column, i) => layOut(column, grid.rows.map((row) => row[i]), align));
  const count = grid.rows.length;
  return { text: textOf(columns, count, title, note), html: htmlOf(columns, count, title, note) };
}

interface LaidOut {
  name: string;
  align: Align;
  cells: Cell[];
}

function gridOf(rows: readonly object[]): Grid {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    columns: names.map((name) => ({ name })),
    rows: rows.map((row) => names.map((name) => (row as Record<string, unknown>)[name])),
  };
}

function layOut(column: Column, values: unknown[], align: Record<string, Align>): LaidOut {
  const own = Object.hasOwn(align, column.name) ? align[column.name] : column.align;
  const numeric = values.some(isNumber) && values.every((v) => isNumber(v) || v === undefined || v === null);
  return {
    name: column.name,
    align: own ?? (numeric ? "right" : "left"),
    cells: cells(values, column.format ?? (isName(column.name) ? name : undefined)),
  };
}

/** Returns true for a column whose whole numbers name things and do not count them, so that they are not grouped. */
function isName(column: string): boolean {
  return /^(id|seed|year)s?$/i.test(column);
}

function name(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function textOf(columns: LaidOut[], count: number, title?: string, note?: string): string {
  const laid = columns.map((c) => ({
    ...c,
    lines: [oneLine(c.name), ...c.cells.map((cell) => cell.text)].map((t) => fit(t, MAX_WIDTH)),
  }));
  const widths = laid.map((c) => c.lines.reduce((w, line) => Math.max(w, textWidth(line)), 0));
  const line = (row: number) =>
    laid.map((c, i) => pad(c.lines[row], widths[i], c.align)).join("  ").trimEnd();
  const rule = widths.map((w) => "─".repeat(w)).join("──");
  const body = count === 0 ? ["(no rows)"] : Array.from({ length: count }, (_, row) => line(row + 1));
  const head = columns.length === 0 ? [] : [line(0), rule];
  return [...linesOf(title), ...head, ...body, ...linesOf(note)].join("\n");
}

function linesOf(text = ""): string[] {
  return text === "" ? [] : text.split("\n").map(oneLine);
}

function htmlOf(columns: LaidOut[], count: number, title?: string, note?: string): string {
  const tag = (name: string, align: Align, text: string) =>
    `<${name} style="text-align:${align};padding:2px 10px${whole(align)}">${escapeHtml(text)}</${name}>`;
  const head = columns.map((c) => tag("th", c.align, c.name)).join("");
  const row = (i: number) => `<tr>${columns.map((c) => tag("td", c.align, c.cells[i].full)).join("")}</tr>`;
  const body = count === 0
    ? "<tr><td>(no rows)</td></tr>"
    : Array.from({ length: count }, (_, i) => row(i)).join("");
  const grid = `<table style="margin:0"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return titleHtml(title ?? "") + scrolling(grid) + noteHtml(note ?? "");
}

/** Returns the style that keeps a quantity, which is aligned right, on one line with its unit. */
function whole(align: Align): string {
  return align === "right" ? ";white-space:nowrap" : "";
}

/** Returns facts under a title: names on the left, values beside them. */
export function keyValues(title: string, entries: readonly (readonly [string, string])[]): Picture {
  const keys = entries.map(([key]) => oneLine(key));
  const width = keys.reduce((w, key) => Math.max(w, textWidth(key)), 0);
  const text = entries.map(([, value], i) =>
    `  ${pad(keys[i], width)}  ${value.split("\n").map(oneLine).join(`\n${" ".repeat(width + 4)}`)}`
  );
  const html = entries.map(([key, value]) =>
    `<tr><td style="text-align:left;padding:2px 10px;opacity:0.8">${escapeHtml(key)}</td>` +
    `<td style="text-align:left;padding:2px 10px;white-space:pre-wrap">${escapeHtml(value)}</td></tr>`
  );
  return {
    text: [...linesOf(title), ...text].join("\n"),
    html: titleHtml(title) + scrolling(`<table style="margin:0"><tbody>${html.join("")}</tbody></table>`),
  };
}

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
import { gridText, wordLines } from "./table_text.ts";
import { escapeMarkdown, type MarkdownColumn, markdownTable } from "./picture_markdown.ts";
import { plainPage, terminalPage, type TextPage } from "./terminal.ts";
import { oneLine, pad, textWidth, wrapWords } from "./text_width.ts";

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

/**
 * Returns a table of objects, whose keys are the columns in the order of their first use, or of a {@linkcode Grid}. Missing
 * values are empty, `true` and `false` are "yes" and "no", and no value can break the layout or inject HTML. As text a
 * table fits the terminal: long cells wrap, and columns without room stand in a block below.
 *
 * @throws {ConfigError} for an unknown option
 */
export function table(rows: readonly object[] | Grid, options: TableOptions = {}): Picture {
  const { title = "", align = {}, note = "" } = parseOptions(
    schema,
    options,
    "table",
  );
  const grid = "columns" in rows ? rows : gridOf(rows);
  const columns = grid.columns.map((column, i) => layOut(column, grid.rows.map((row) => row[i]), align));
  const count = grid.rows.length;
  const text = (page: TextPage) => textOf(columns, count, title, note, page);
  return {
    text: text(plainPage),
    html: htmlOf(columns, count, title, note),
    markdown: markdownIn(title, note, columns, cellRows(columns, count)),
    terminal: (paint, columns) => text(terminalPage(paint, columns)),
  };
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

function textOf(columns: LaidOut[], count: number, title: string, note: string, page: TextPage): string {
  const grid = gridText(
    columns.map(({ name, align, cells }) => ({
      name: oneLine(name),
      align,
      cells: cells.map(({ text }) => text),
    })),
    count,
    page,
  );
  return [...titleLines(title, page), ...grid, ...wordLines(clean(note), page, "dim")].join("\n");
}

function titleLines(title: string, page: TextPage): string[] {
  return wordLines(clean(title), page, "bold");
}

/** Removes control characters but for line feeds. */
function clean(text: string): string {
  return text.split("\n").map(oneLine).join("\n");
}

function htmlOf(columns: LaidOut[], count: number, title: string, note: string): string {
  const styles = columns.map((c) => `text-align:${c.align};padding:2px 10px${wrapping(c)}`);
  const tag = (name: string, text: string, i: number) =>
    `<${name} style="${styles[i]}">${escapeHtml(text)}</${name}>`;
  const head = columns.map((c, i) => tag("th", c.name, i)).join("");
  const row = (n: number) => `<tr>${columns.map((c, i) => tag("td", c.cells[n].full, i)).join("")}</tr>`;
  const body = count === 0
    ? "<tr><td>(no rows)</td></tr>"
    : Array.from({ length: count }, (_, i) => row(i)).join("");
  const grid = `<table style="margin:0"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return titleHtml(title) + scrolling(grid) + noteHtml(note);
}

/** Returns the full cells by row. */
function cellRows(columns: readonly LaidOut[], count: number): string[][] {
  return Array.from({ length: count }, (_, n) => columns.map(({ cells }) => cells[n].full));
}

/** Returns a table in Markdown under its title, with the note below. */
function markdownIn(
  title: string,
  note: string,
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string {
  return [
    ...title === "" ? [] : [`**${escapeMarkdown(title)}**`],
    ...columns.length ? [markdownTable(columns, rows)] : [],
    ...note.split("\n").filter(Boolean).map(escapeMarkdown),
  ].join("\n\n");
}

/** Longest text, in columns of a terminal, that stays on one line in HTML. */
const ONE_LINE = 18;

/** Returns the style that keeps quantities and short texts on one line, and long texts from becoming a narrow strip. */
function wrapping({ align, cells }: LaidOut): string {
  if (align === "center") return "";
  const longest = cells.reduce((w, cell) => Math.max(w, textWidth(cell.full)), 0);
  return align === "right" || longest <= ONE_LINE ? ";white-space:nowrap" : ";min-width:12em";
}

/** The columns of facts in Markdown, whose tables need a head. */
const FACTS: readonly MarkdownColumn[] = [{ name: "", align: "left" }, {
  name: "",
  align: "left",
}];

/** Returns facts under a title: names on the left, values beside them, which wrap in a terminal. */
export function keyValues(title: string, entries: readonly (readonly [string, string])[]): Picture {
  const keys = entries.map(([key]) => oneLine(key));
  const width = keys.reduce((w, key) => Math.max(w, textWidth(key)), 0);
  const text = (page: TextPage) => {
    const facts = entries.map(([, value], i) => {
      const lines = wrapWords(clean(value), Math.max(20, page.prose - width - 4));
      return `  ${page.paint(pad(keys[i], width), "dim")}  ${lines.join(`\n${" ".repeat(width + 4)}`)}`;
    });
    return [...titleLines(title, page), ...facts].join("\n");
  };
  const html = entries.map(([key, value]) =>
    `<tr><td style="text-align:left;vertical-align:top;padding:2px 10px;opacity:0.8${
      textWidth(key) <= ONE_LINE ? ";white-space:nowrap" : ""
    }">${escapeHtml(key)}</td>` +
    `<td style="text-align:left;padding:2px 10px;white-space:pre-wrap;overflow-wrap:break-word">${
      escapeHtml(value)
    }</td></tr>`
  );
  return {
    text: text(plainPage),
    html: titleHtml(title) + scrolling(`<table style="margin:0"><tbody>${html.join("")}</tbody></table>`),
    markdown: markdownIn(title, "", FACTS, entries),
    terminal: (paint, columns) => text(terminalPage(paint, columns)),
  };
}

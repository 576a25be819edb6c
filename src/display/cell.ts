/**
 * What the cells of one table column say: values as one line of text each, numbers of a column alike.
 *
 * @module
 */
import { show } from "../base/schema.ts";
import { fixed, number } from "./format.ts";
import { oneLine } from "./text_width.ts";

/** One cell. */
export interface Cell {
  /** One line of text without control characters. */
  text: string;
  /** The same for HTML, which wraps: longer. */
  full: string;
}

/** Longest cell in HTML, in UTF-16 units; a document of megabytes must not fill a notebook. */
const LONGEST = 400;

/** The cells of a column; `format` takes precedence over the rules of this module. */
export function cells(values: readonly unknown[], format?: (value: unknown) => string): Cell[] {
  const write = format ?? writer(values);
  return values.map((value) => {
    const full = cut(write(value));
    return { text: oneLine(full), full };
  });
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST - 1).toWellFormed().replace(/\uFFFD$/, "")}…`;
}

function writer(values: readonly unknown[]): (value: unknown) => string {
  const decimals = decimalsOf(values.filter((v) => typeof v === "number" && Number.isFinite(v)) as number[]);
  return (value) => {
    if (typeof value !== "number") return plain(value);
    return decimals === undefined ? number(value) : fixed(value, decimals);
  };
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value instanceof Date && !isNaN(+value) ? value.toISOString() : show(value);
}

/**
 * Decimals that give the largest value four significant digits, or undefined where the values are integers or so
 * far apart that the smallest would lose its digits.
 */
function decimalsOf(values: number[]): number | undefined {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0 || values.every(Number.isInteger)) return undefined;
  const most = sizes.reduce((a, b) => Math.max(a, b));
  const least = sizes.reduce((a, b) => Math.min(a, b));
  const decimals = Math.max(1, 3 - Math.floor(Math.log10(most)));
  return decimals > 8 || most >= 1e15 || least < 10 ** (1 - decimals) ? undefined : decimals;
}

/**
 * The cells of a table column: each value as one line of text, all numbers with the same decimals.
 *
 * @module
 */
import { show } from "../base/schema.ts";
import { fixed, number } from "./format.ts";
import { oneLine } from "./text_width.ts";

/** A cell of a table. */
export interface Cell {
  /** One line of text without control characters. */
  text: string;
  /** Longer text for HTML, which wraps. */
  full: string;
}

/** Upper limit of a cell in HTML, in UTF-16 units, so that a document of megabytes does not fill a notebook. */
const MAX_LENGTH = 400;

/** Returns the cells of a column; `format` takes precedence over the rules of this module. */
export function cells(values: readonly unknown[], format?: (value: unknown) => string): Cell[] {
  const write = format ?? writer(values);
  return values.map((value) => {
    const full = cut(write(value));
    return { text: oneLine(full), full };
  });
}

function cut(text: string): string {
  if (text.length <= MAX_LENGTH) return text;
  return `${text.slice(0, MAX_LENGTH - 1).toWellFormed().replace(/\uFFFD$/, "")}…`;
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
 * Returns the decimals that give the largest value four significant digits; undefined for integers, and for values so far
 * apart that the smallest would lose its digits.
 */
function decimalsOf(values: number[]): number | undefined {
  const sizes = values.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0 || values.every(Number.isInteger)) return undefined;
  const max = sizes.reduce((a, b) => Math.max(a, b));
  const min = sizes.reduce((a, b) => Math.min(a, b));
  const decimals = Math.max(1, 3 - Math.floor(Math.log10(max)));
  return decimals > 8 || max >= 1e15 || min < 10 ** (1 - decimals) ? undefined : decimals;
}

/**
 * Entries of a list as text: names on the left, their texts beside them, wrapped.
 *
 * @module
 */
import { type Paint, unpainted } from "./terminal.ts";
import { textWidth, wrap } from "./text_width.ts";

/** An entry of a list. */
export interface Entry {
  /** Name, on the left. */
  name: string;
  /** Facts about it, above its text, dimmed in a terminal; may be empty. */
  facts?: string;
  /** Text. */
  text: string;
}

/** The columns in which entries are laid out. */
export interface EntryPage {
  /** Columns of a line. */
  columns: number;
  /** Columns of the names. */
  left: number;
  /** Gives names and facts their looks. */
  paint?: Paint;
}

const indent = 2;

/** Returns the lines of a text, each at most `columns` wide; line breaks in it stay. */
export function wrapLines(text: string, columns: number): string[] {
  return text.split("\n").flatMap((line) => wrap(line, columns));
}

/**
 * Returns entries as lines: a name on the left, its text beside it. A name that is wider than its column has lines of its own,
 * and where few columns are left for texts all stand under their names.
 */
export function entryLines(entries: readonly Entry[], page: EntryPage): string[] {
  const { columns, left, paint = unpainted } = page;
  const isBeside = columns - indent - left >= 32;
  const margin = " ".repeat(isBeside ? indent + left : indent + 4);
  return entries.flatMap(({ name, facts = "", text }) => {
    const dimmed = facts ? wrap(facts, columns - margin.length).map((line) => paint(line, "dim")) : [];
    const lines = [...dimmed, ...wrapLines(text, columns - margin.length)].map((line) => margin + line);
    const width = textWidth(name);
    if (!isBeside || width > left - 2) {
      const names = wrap(name, columns - indent).map((line) => " ".repeat(indent) + paint(line, "bold"));
      return [...names, ...lines];
    }
    const first = " ".repeat(indent) + paint(name, "bold") + " ".repeat(left - width);
    return [first + (lines[0] ?? "").slice(margin.length), ...lines.slice(1)];
  });
}

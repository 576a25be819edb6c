/**
 * Tables as text that fits a terminal: cells wrap, and columns that have no room stand in a further block below.
 *
 * @module
 */
import type { TextPage } from "./terminal.ts";
import { fit, pad, textWidth, wrap, wrapWords } from "./text_width.ts";

/** A column of one-line cells. */
export interface TextColumn {
  /** Name in the head. */
  name: string;
  /** Alignment; what is aligned right is a quantity and is never cut or wrapped. */
  align: "left" | "right" | "center";
  /** Its cells from top to bottom. */
  cells: readonly string[];
}

/** Most lines of a cell; the last ends with `…` where there is more. */
const MAX_LINES = 3;
/** A column of words is not narrower than this, or its longest word where that is shorter. */
const MIN_WORDS = 12;
/** In a terminal without room, words become as narrow as this before quantities are cut. */
const NARROWEST = 4;
const GAP = 2;

/** Returns the rows under their head; "(no rows)" for none. */
export function gridText(columns: readonly TextColumn[], count: number, page: TextPage): string[] {
  const none = count === 0 ? ["(no rows)"] : [];
  if (columns.length === 0) return none;
  const all = Array.from({ length: count }, (_, row) => row);
  const blocks = blocksOf(columns, page.width).map((block, i) =>
    blockText(block, i === 0 ? all : all.filter((row) => hasCells(block, row)), page)
  );
  return [...blocks.flatMap((lines, i) => i === 0 ? lines : ["", ...lines]), ...none];
}

/**
 * Returns lines of words that fit the width, all in one look; the rest of a long line is indented, and a word that is longer,
 * such as a path, stays whole.
 */
export function wordLines(text: string, { prose, paint }: TextPage, look: "bold" | "dim"): string[] {
  if (text === "") return [];
  return text.split("\n").flatMap((line) => {
    const [first, ...rest] = wrapWords(line, prose);
    return [first, ...rest.length > 0 ? wrapWords(rest.join(" "), prose - 2).map((more) => `  ${more}`) : []];
  }).map((line) => paint(line, look));
}

/** Returns true for a row with more than its name in a block that begins with the names again. */
function hasCells([, ...others]: readonly TextColumn[], row: number): boolean {
  return others.some(({ cells }) => cells[row] !== "");
}

interface Measured extends TextColumn {
  least: number;
  most: number;
}

function measured(column: TextColumn): Measured {
  const widest = column.cells.reduce((w, cell) => Math.max(w, textWidth(cell)), 0);
  const most = Math.max(widest, textWidth(column.name));
  const word = longestWord([column.name, ...column.cells]);
  const least = column.align === "right"
    ? Math.max(widest, longestWord([column.name]))
    : Math.min(word, MIN_WORDS);
  return { ...column, least, most };
}

function longestWord(texts: readonly string[]): number {
  return texts.reduce((w, text) => text.split(" ").reduce((w, word) => Math.max(w, textWidth(word)), w), 0);
}

/** Deals columns to blocks that fit; every block after the first begins with the first column again. */
function blocksOf(columns: readonly TextColumn[], width: number): Measured[][] {
  const [first, ...others] = columns.map(measured);
  const blocks: Measured[][] = [[first]];
  let used = first.least;
  for (const column of others) {
    if (used + GAP + column.least > width && blocks.at(-1)!.length > 1) {
      blocks.push([first]);
      used = first.least;
    }
    blocks.at(-1)!.push(column);
    used += GAP + column.least;
  }
  return blocks;
}

/**
 * Returns the widths of a block's columns: the least, and what is left to the narrowest that want more. Where even two
 * columns have no room, words give way before quantities.
 */
function widthsOf(block: readonly Measured[], width: number): number[] {
  const widths = block.map(({ least }) => least);
  let left = width - GAP * (block.length - 1) - widths.reduce((a, b) => a + b, 0);
  for (; left > 0; left--) {
    const wanting = [...block.keys()].filter((i) => widths[i] < block[i].most);
    if (wanting.length === 0) break;
    widths[wanting.reduce((a, b) => widths[b] < widths[a] ? b : a)]++;
  }
  for (; left < 0; left++) {
    const words = [...block.keys()].filter((i) => block[i].align !== "right" && widths[i] > NARROWEST);
    const giving = words.length > 0 ? words : [...block.keys()];
    widths[giving.reduce((a, b) => widths[b] > widths[a] ? b : a)]--;
  }
  return widths;
}

function blockText(
  block: readonly Measured[],
  shown: readonly number[],
  { width, paint }: TextPage,
): string[] {
  const widths = widthsOf(block, width);
  const rows = (texts: readonly string[], isHead = false): string[] => {
    const cells = texts.map((text, i) => cellLines(text, widths[i]));
    const height = cells.reduce((h, lines) => Math.max(h, lines.length), 0);
    // The names of a head stand on the rule, cells hang from the top.
    const from = (lines: readonly string[]) => isHead ? height - lines.length : 0;
    const line = (at: number) =>
      cells.map((lines, i) => pad(lines[at - from(lines)] ?? "", widths[i], block[i].align));
    return Array.from({ length: height }, (_, at) => line(at).join(" ".repeat(GAP)).trimEnd());
  };
  const head = rows(block.map(({ name }) => name), true).map((line) => paint(line, "bold"));
  const rule = paint(widths.map((w) => "─".repeat(w)).join("─".repeat(GAP)), "dim");
  return [
    ...head,
    rule,
    ...shown.flatMap((i) => rows(block.map(({ cells }) => cells[i]))),
  ];
}

function cellLines(text: string, width: number): string[] {
  const lines = wrap(text, width);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES - 1), fit(lines.slice(MAX_LINES - 1).join(" "), width)];
}

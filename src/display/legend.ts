/**
 * The legend of a chart: a stroke, the name and the last value of each curve.
 *
 * @module
 */
import { escapeHtml } from "./html.ts";
import { SOFT_INK } from "./palette.ts";
import { element, fitPixels, label, pixels, round } from "./svg.ts";

/** A curve of the legend. */
export interface LegendEntry {
  /** Name of the curve. */
  name: string;
  /** Last value; undefined while the curve has none. */
  value?: string;
  /** Words on the best value; a file leaves them out. */
  best?: string;
  /** Colour of the stroke. */
  colour: string;
  /** Draws the stroke dashed. */
  dashed?: boolean;
  /** Draws the stroke thin. */
  faint?: boolean;
}

/** Pixels from one row of the legend to the next. */
export const LEGEND_ROW = 16;
const STROKE = 18;
const GAP = 18;
const REST = 80;

/**
 * Draws the entries from (left, top) in at most `rows` rows of `width` pixels, and the number of those without room.
 * `bottom` is the end of the last row.
 */
export function legend(
  entries: readonly LegendEntry[],
  left: number,
  top: number,
  width: number,
  rows: number,
): { svg: string; bottom: number } {
  const placed = place(entries, width);
  const overflows = (placed.at(-1)?.row ?? 0) >= rows;
  const kept = placed.filter(({ row, end }) =>
    row < rows - 1 || (row === rows - 1 && (!overflows || end <= width - REST))
  );
  const baseline = (row: number) => top + 12 + row * LEGEND_ROW;
  const svg = kept.map(({ entry, x, row }) => draw(entry, left + x, baseline(row))).join("");
  const rest = entries.length - kept.length;
  const more = rest === 0
    ? ""
    : label(`and ${rest} more`, left + width, baseline(rows - 1), { fill: SOFT_INK, "text-anchor": "end" });
  const last = rest > 0 ? rows - 1 : placed.at(-1)?.row;
  return { svg: svg + more, bottom: last === undefined ? top : baseline(last) + 4 };
}

interface Placed {
  entry: LegendEntry;
  x: number;
  end: number;
  row: number;
}

function place(entries: readonly LegendEntry[], width: number): Placed[] {
  let x = 0;
  let row = 0;
  return entries.map((entry) => {
    const value = entry.value === undefined ? 0 : 6 + pixels(entry.value);
    const name = fitPixels(entry.name, Math.min(width / 2, width - STROKE - 6 - value));
    const taken = STROKE + 6 + pixels(name) + value;
    if (x > 0 && x + taken > width) x = 0, row++;
    const placed = { entry: { ...entry, name }, x, end: x + taken, row };
    x += taken + GAP;
    return placed;
  });
}

function draw(entry: LegendEntry, x: number, y: number): string {
  const stroke = element("path", {
    d: `M${round(x)} ${round(y - 4)}h${STROKE}`,
    stroke: entry.colour,
    "stroke-width": entry.faint ? 1.2 : 2.4,
    "stroke-dasharray": entry.dashed ? "5 4" : undefined,
  });
  const value = entry.value === undefined
    ? ""
    : element("tspan", { dx: 6, fill: SOFT_INK }, escapeHtml(entry.value));
  return stroke + label(entry.name, x + STROKE + 6, y, {}, value);
}

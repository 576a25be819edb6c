/**
 * The frame of a chart: grid lines, tick labels and axis labels.
 *
 * @module
 */
import { GREY, SOFT_INK } from "./palette.ts";
import type { Scale } from "./scale.ts";
import { type Attributes, element, fitPixels, label, pixels, round } from "./svg.ts";

/** The area of the curves, in pixels of the picture. */
export interface Frame {
  /** First pixel column: the y axis. */
  left: number;
  /** Last pixel column. */
  right: number;
  /** First pixel row. */
  top: number;
  /** Last pixel row: the x axis. */
  bottom: number;
}

/** The look of grid lines on the panel; they are no marks, and lie behind all. */
const GRID: Attributes = { stroke: "#e6e6e6", class: "grid" };
const QUIET: Attributes = { fill: SOFT_INK };
const CENTRED: Attributes = { ...QUIET, "text-anchor": "middle" };

/** Draws grid lines with their values on the left, and ticks with their values below. */
export function axes({ left, right, bottom }: Frame, x: Scale, y: Scale): string {
  const line = (x1: number, y1: number, x2: number, y2: number, look: Attributes = { stroke: GREY }) =>
    element("path", { d: `M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}`, ...look });
  const rows = y.ticks.map(({ value, text }) =>
    line(left, y.at(value), right, y.at(value), GRID) +
    label(text, left - 6, y.at(value) + 4, { ...QUIET, "text-anchor": "end" })
  );
  const columns = x.ticks.map(({ value, text }) => {
    const inside = Math.min(x.at(value), right + 14 - pixels(text) / 2);
    return line(x.at(value), bottom, x.at(value), bottom + 4) +
      label(text, inside, bottom + 16, CENTRED);
  });
  return rows.join("") + columns.join("") + line(left, bottom, right, bottom);
}

/** Draws the labels of the axes, below and beside the frame. */
export function axisLabels(
  frame: Frame,
  { xLabel, yLabel, height }: { xLabel: string; yLabel: string; height: number },
): string {
  const { left, right, top, bottom } = frame;
  const text = fitPixels(yLabel, height - top - 6);
  // Centred on the axis; a longer label reaches below the axis, not into the legend above it.
  const middle = Math.max((top + bottom) / 2, top + pixels(text) / 2);
  return label(fitPixels(xLabel, right - left), (left + right) / 2, height - 6, CENTRED) +
    label(text, 14, middle, { ...CENTRED, transform: `rotate(-90 14 ${round(middle)})` });
}

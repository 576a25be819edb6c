/**
 * The colours of pictures. A picture does not know the page that it stands on: marks are seen on light and on dark pages,
 * words stand on the panel or inherit the theme's colour.
 *
 * @module
 */

/**
 * Colours of lines, bars and marks, told apart by colour-blind readers (after Okabe and Ito 2008). Each has a contrast of
 * at least 3:1 to a white page and to dark ones (#111, #1e1e1e), also on the striped rows of a notebook's table.
 */
export const COLOURS: readonly string[] = [
  "#0f7cc0",
  "#d55e00",
  "#009e73",
  "#c4659a",
  "#a67c00",
  "#8a63d2",
  "#7c848c",
];

/** The colour of axes, outlines and other marks without a meaning of their own, with the contrast of {@linkcode COLOURS}. */
export const GREY = "#7c848c";

/** The ground of words inside an SVG, which cannot inherit the colours of a theme. */
export const PANEL = "#ffffff";

/** The colour of words on the panel: a contrast of 15:1. */
export const INK = "#1f2328";

/** The colour of quieter words on the panel: a contrast of 6:1. */
export const SOFT_INK = "#57606a";

/** Backgrounds of words in HTML that inherit the theme's colour: half transparent, for light and dark pages alike. */
export const TINTS: readonly string[] = COLOURS.slice(0, 6).map((colour) => `${colour}47`);

/** The background of words in HTML that are set apart but of no kind: a half transparent grey. */
export const GREY_TINT = "#80808033";

/** Returns a colour mixed with grey to the same lightness, for a curve behind another; its contrast stays. */
export function muted(colour: string): string {
  return mix(colour, GREY, 0.55);
}

/** Returns a colour between `from` (share 0) and `to` (share 1), all as `#rrggbb`. */
export function mix(from: string, to: string, share: number): string {
  const part = (colour: string, i: number) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(part(from, i) + (part(to, i) - part(from, i)) * share));
  return `#${mixed.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

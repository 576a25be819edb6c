/**
 * Images as SVG text. They are shown by `<img>` with a data URL, the one form that every notebook front end shows, also
 * in untrusted notebooks.
 *
 * @module
 */
import { escapeHtml } from "./html.ts";
import { INK, PANEL } from "./palette.ts";
import { oneLine, withoutPartOfNumber } from "./text_width.ts";

/** Returns an SVG document as an `<img>` element with the alternative text `alt` and a CSS style. */
export function svgImage(svg: string, alt = "", style = "max-width:100%"): string {
  const bytes = new TextEncoder().encode(svg);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return `<img alt="${escapeHtml(alt)}" style="${style}" src="data:image/svg+xml;base64,${btoa(binary)}">`;
}

/** Returns an SVG document with words: `width` by `height` pixels on an opaque panel, which suits every page. */
export function svgDocument(width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="11" fill="${INK}">` +
    `<rect width="100%" height="100%" fill="${PANEL}"/>${body}</svg>`;
}

/** Returns an SVG document of marks without words, on the page's own ground, which stretches to the size of its image. */
export function svgMarks(width: number, height: number, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `preserveAspectRatio="none">${body}</svg>`;
}

/** Attributes of an SVG element; undefined ones are left out. */
export type Attributes = Record<string, string | number | undefined>;

/** Returns an SVG element. Attribute values are escaped; `inner` is SVG and is not. */
export function element(name: string, attributes: Attributes, inner = ""): string {
  const list = Object.entries(attributes).filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      ` ${key}="${typeof value === "number" ? round(value) : escapeHtml(String(value))}"`
    ).join("");
  return `<${name}${list}${inner === "" ? "/>" : `>${inner}</${name}>`}`;
}

/**
 * Returns a line of text whose baseline starts at (x, y). Characters that XML does not allow become spaces. `after` is SVG
 * that follows the text.
 */
export function label(text: string, x: number, y: number, attributes: Attributes = {}, after = ""): string {
  return element("text", { x, y, ...attributes }, escapeHtml(oneLine(text)) + after);
}

/** Returns the title of a chart, cut to `width` pixels; empty for an empty title. */
export function heading(title: string, width: number): string {
  const bold = { "font-size": 13, "font-weight": "bold" };
  return title === "" ? "" : label(fitPixels(title, width - 24, 14), 12, 20, bold);
}

/** Formats a coordinate with at most one decimal, which is enough for a screen. */
export function round(x: number): string {
  return String(Math.round(x * 10) / 10);
}

/** Estimates the pixels that `text` takes at a font size, rather too many, since the reader's font is not known. */
export function pixels(text: string, size = 11): number {
  let ems = 0;
  for (const c of text) {
    ems += c > "\u2e80" ? 1 : "ilj.,:;|'! ".includes(c) ? 0.34 : "mwMW@%".includes(c) ? 0.96 : 0.62;
  }
  return ems * size;
}

/** Cuts `text` with `…` to at most `width` pixels at a font size, numbers whole or not at all. */
export function fitPixels(text: string, width: number, size = 11): string {
  if (pixels(text, size) <= width) return text;
  const chars = [...text];
  while (chars.length > 1 && pixels(chars.join("") + "…", size) > width) chars.pop();
  const start = chars.join("");
  return `${withoutPartOfNumber(start, text.slice(start.length)).trimEnd()}…`;
}

/**
 * The HTML in which objects show themselves. Colours are inherited, so that dark themes work.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import type { Picture } from "./display.ts";
import { COLOURS, GREY } from "./palette.ts";
import { markdownOf } from "./picture_markdown.ts";

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes the five special characters of HTML and XML, for content and attributes; control characters become pictures. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

/** Widest that a picture becomes, in pixels: a line of text beyond is hard to follow. */
export const MAX_WIDTH = 960;

/** Returns a line above a picture, in the theme's colour; empty for an empty title. */
export function titleHtml(title: string): string {
  return title === "" ? "" : `<div style="font-weight:bold;margin:4px 0">${escapeHtml(title)}</div>`;
}

/** Returns words below a picture, in the theme's colour, a little paler; empty for no words. Line breaks stay. */
export function noteHtml(note: string): string {
  return note === ""
    ? ""
    : `<div style="opacity:0.8;margin:4px 0;white-space:pre-line">${escapeHtml(note)}</div>`;
}

/** Returns a bar that is filled to a share, 0 to 1, in a frame of `width` (CSS). */
export function meterHtml(share: number, width = "100%", colour: string = COLOURS[0]): string {
  const filled = (100 * Math.max(0, Math.min(1, share))).toFixed(1);
  return `<span style="display:inline-block;vertical-align:middle;box-sizing:border-box;width:${width};height:10px;` +
    `border:1px solid ${GREY};border-radius:3px;overflow:hidden">` +
    `<span style="display:block;width:${filled}%;height:8px;background:${colour}"></span></span>`;
}

/** Returns HTML that scrolls sideways where the cell is narrower. */
export function scrolling(html: string): string {
  return `<div style="overflow-x:auto;max-width:100%">${html}</div>`;
}

/** Returns a framed block with a title. `title` is plain text and is escaped; `bodyHtml` is HTML and is not. */
export function card(title: string, bodyHtml: string): string {
  return `<div style="border:1px solid #8886;border-radius:6px;padding:10px 12px;margin:4px 0;max-width:${MAX_WIDTH}px">${
    titleHtml(title)
  }${bodyHtml}</div>`;
}

/** Returns the HTML of a picture. Where it has none, text of several lines keeps its columns; a single line is a sentence. */
export function htmlOf(picture: Picture): string {
  if (picture.html === undefined && !picture.text.includes("\n")) {
    return `<div>${escapeHtml(picture.text)}</div>`;
  }
  return picture.html ?? `<pre style="margin:0">${escapeHtml(picture.text)}</pre>`;
}

/** Joins pictures, one below another; the result has HTML, or Markdown, where one of them has it. */
export function join(...pictures: Picture[]): Picture {
  const text = pictures.map((p) => p.text).join("\n\n");
  const joined: Picture = { text };
  if (pictures.some((p) => p.html !== undefined)) {
    joined.html = pictures.map((p) => `<div style="margin:4px 0">${htmlOf(p)}</div>`).join("");
  }
  if (pictures.some((p) => p.markdown !== undefined)) joined.markdown = pictures.map(markdownOf).join("\n\n");
  if (pictures.some((p) => p.terminal)) {
    joined.terminal = (paint, columns) =>
      pictures.map((p) => p.terminal?.(paint, columns) ?? printable(p.text)).join("\n\n");
  }
  return joined;
}

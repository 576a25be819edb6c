/**
 * The HTML in which objects show themselves. Colours are inherited, so that dark themes work.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import type { Picture } from "./display.ts";

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

/** Returns `text` as one line of Markdown that is shown as it is: no markup, no HTML, no end of a table's cell. */
export function escapeMarkdown(text: string): string {
  return printable(text.replace(/\s+/g, " ")).replace(/[\\|<>*_`[\]]/g, "\\$&");
}

/** Returns a framed block with a title. `title` is plain text and is escaped; `bodyHtml` is HTML and is not. */
export function card(title: string, bodyHtml: string): string {
  const head = title === ""
    ? ""
    : `<div style="font-weight:bold;margin-bottom:6px">${escapeHtml(title)}</div>`;
  return `<div style="border:1px solid #8886;border-radius:6px;padding:10px 12px;margin:4px 0;max-width:720px">${head}${bodyHtml}</div>`;
}

/** Returns the HTML of a picture, or its text in a `<pre>` where it has none. */
export function htmlOf(picture: Picture): string {
  return picture.html ?? `<pre style="margin:0">${escapeHtml(picture.text)}</pre>`;
}

/** Joins pictures, one below another; the result has HTML if one of them has. */
export function join(...pictures: Picture[]): Picture {
  const text = pictures.map((p) => p.text).join("\n\n");
  if (pictures.every((p) => p.html === undefined)) return { text };
  return { text, html: pictures.map((p) => `<div style="margin:4px 0">${htmlOf(p)}</div>`).join("") };
}

/**
 * HTML tags in MediaWiki markup. Those that MediaWiki allows are removed and their content stays; tables are removed;
 * anything else in angle brackets is text, such as `<stdio.h>`.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { closingTag, hole, lowerCase, type Verbatim } from "./extension_tags.ts";

const inline = new Set(
  ("abbr b bdi bdo big cite code data del dfn em font i ins kbd link mark meta q rb rp rt rtc ruby s samp small span " +
    "strike strong sub sup time tt u var wbr poem phonos langconvert section noinclude onlyinclude translate tvar " +
    "languages nowiki ref").split(" "),
);
const blocks = new Set(
  "blockquote br caption center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p rbc td th tr ul".split(" "),
);
const tag = /<(\/?)([a-z][a-z0-9]*)(?=[\s/>])[^<>]*>[ \t]*/gi;

/** Removes tags, and tables with their content; `note` counts the tables. */
export function withoutHtmlTags(page: string, note: Note): string {
  if (!page.includes("<")) return page;
  const out: string[] = [];
  const tables: number[] = [];
  let from = 0;
  for (const found of page.matchAll(tag)) {
    const [whole, slash, written] = found;
    const name = written.toLowerCase();
    const isBlock = blocks.has(name);
    if (!isBlock && !inline.has(name) && name !== "table") continue;
    out.push(page.slice(from, found.index));
    from = found.index + whole.length;
    if (isBlock) out.push("\n");
    else if (name !== "table") out.push(whole.slice(whole.lastIndexOf(">") + 1));
    else if (!slash) tables.push(out.length);
    else {
      const at = tables.pop();
      if (at === undefined) note("elements never closed");
      else {
        out.length = at;
        out.push(hole);
        note("tables removed");
      }
    }
  }
  if (tables.length) note("elements never closed", tables.length);
  return out.join("") + page.slice(from);
}

/** Sets the content of `<code>` aside as it stands, but for what `textOf` makes of its brackets. */
export function withoutCode(page: string, verbatim: Verbatim, textOf: (code: string) => string): string {
  const opening = /<(code|tt|samp)(?:\s[^<>]*)?>/gi;
  const search = lowerCase(page);
  const out: string[] = [];
  const unclosed = new Set<string>();
  let from = 0;
  for (let found = opening.exec(page); found; found = opening.exec(page)) {
    const name = found[1].toLowerCase();
    const end = unclosed.has(name) ? undefined : closingTag(search, name, opening.lastIndex);
    if (!end) {
      unclosed.add(name);
      continue;
    }
    out.push(page.slice(from, found.index), verbatim.keep(textOf(page.slice(opening.lastIndex, end.at))));
    from = opening.lastIndex = end.after;
  }
  return from === 0 ? page : out.join("") + page.slice(from);
}

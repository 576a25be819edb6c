/**
 * The lines of a page without brackets and tags: headings, list items, lines with a space in front, paragraphs.
 *
 * Around a hole, where something was removed, spaces, commas and emptied parentheses are tidied. Nothing else is:
 * parentheses of the author stay, and a line with a space in front is code and stays as it is.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { decodeEntities } from "./entities.ts";
import { hole } from "./extension_tags.ts";

/** A line of the result. */
interface Line {
  /** Its text; "" for a blank line. */
  text: string;
  /** Level of a heading, 1 to 6; 0 for any other line. */
  level: number;
  /** True for a line with a space in front. */
  isCode: boolean;
}

const switches = new Set(
  ("TOC NOTOC FORCETOC NOEDITSECTION NEWSECTIONLINK NONEWSECTIONLINK NOGALLERY HIDDENCAT EXPECTUNUSEDCATEGORY " +
    "NOCONTENTCONVERT NOCC NOTITLECONVERT NOTC INDEX NOINDEX STATICREDIRECT DISAMBIG NOGLOBAL EXPECTEDUNCONNECTEDPAGE " +
    "EXPECTUNUSEDTEMPLATE ARCHIVEDTALK NOTALK").split(" "),
);

/** Returns the text of the lines of `page`; `note` counts headings without text below them. */
export function linesText(page: string, note: Note): string {
  const lines = page.split("\n").map(lineOf);
  dropBareHeadings(lines, note);
  const out: string[] = [];
  for (const [i, { text, level, isCode }] of lines.entries()) {
    const isBlank = text === "" || (isCode && text.trim() === "");
    const isInside = isCode && isBlank && lines[i - 1]?.isCode && lines[i + 1]?.isCode;
    if (isInside) out.push(text);
    else if (!isBlank) level ? pushHeading(out, text) : out.push(text);
    else if (out.length && out[out.length - 1] !== "") out.push("");
  }
  while (out[out.length - 1] === "") out.pop();
  return out.join("\n");
}

function pushHeading(out: string[], text: string): void {
  if (out.length && out[out.length - 1] !== "") out.push("");
  out.push(text, "");
}

function lineOf(source: string): Line {
  let line = source;
  if (line.includes("__")) {
    line = line.replace(/__([A-Z]+)__/g, (whole, name) => switches.has(name) ? hole : whole)
      .replace(/^__[\p{Lu}_]+__$/u, "");
  }
  if (line[0] === " " && line.trim() !== "") {
    const text = decodeEntities(line);
    if (!text.includes(hole)) return { text, level: 0, isCode: true };
    const shown = text.replaceAll(hole, "");
    // A line on which nothing but pictures and templates stood is no code.
    return shown.trim() === ""
      ? { text: "", level: 0, isCode: false }
      : { text: shown, level: 0, isCode: true };
  }
  if (line[0] === " ") return { text: line, level: 0, isCode: true };
  const heading = line[0] === "=" ? /^(={1,6})(.+?)\1[ \t\uFDD2]*$/.exec(line) : null;
  if (heading) return { text: tidy(heading[2]), level: heading[1].length, isCode: false };
  const text = tidy(line.replace(/^-{4,}|^[*#:;]+[ \t]*/, ""));
  // The rows of a table whose brackets have no partner.
  return { text: isTableSyntax(text) ? "" : text, level: 0, isCode: false };
}

/** Returns true for a row mark or a cell of which only attributes are there: `|-`, `|valign=top|`. */
function isTableSyntax(line: string): boolean {
  if (line[0] !== "|" && line[0] !== "!") return false;
  return /^[|!][-}+]*(?: ?[\w-]{1,30}=(?:"[^"]{0,200}"|[^\s"|]{1,200}))* ?\|?$/.test(line);
}

/** Empties the headings without text before the next heading of their level. */
function dropBareHeadings(lines: Line[], note: Note): void {
  let hasText = false;
  let below = 0;
  for (let i = lines.length - 1; i >= 0; i--) {
    const { level, text } = lines[i];
    if (level === 0) hasText ||= text.trim() !== "";
    else {
      const isKept = hasText || below > level;
      if (isKept) below = level;
      else {
        lines[i].text = "";
        note("headings without text");
      }
      hasText = false;
    }
  }
}

/** Returns a line with entities decoded, tidied around its holes. */
function tidy(source: string): string {
  let line = decodeEntities(source);
  if (/[\t\u00a0]| {2}/.test(line)) line = line.replace(/[ \t\u00a0]+/g, " ");
  if (line.includes(hole)) line = withoutHoles(line);
  return line[0] === " " || line.endsWith(" ") ? line.trim() : line;
}

/** Characters before a hole that are looked at. [ours] */
const near = 100;

/** Removes holes with the separators, spaces and parentheses that they leave. Spaces stand alone. */
function withoutHoles(line: string): string {
  const [first, ...rest] = line.split(hole);
  const out: string[] = [];
  let left = first;
  for (const right of rest) {
    if (left.length > 2 * near) {
      out.push(left.slice(0, -near));
      left = left.slice(-near);
    }
    left = joined(left, right);
  }
  out.push(left);
  const bare = out.join("");
  return /^[\s\p{P}]*$/u.test(bare) ? "" : bare;
}

/** Joins the texts on both sides of a hole. */
function joined(left: string, right: string): string {
  const before = left[left.length - 1] ?? "";
  const after = right[0] ?? "";
  if (before === "(" || (before === " " && left.endsWith("( "))) {
    const more = right.replace(/^ ?(?:[,;:] ?)*/, "");
    const start = left.slice(0, left.lastIndexOf("("));
    return more[0] === ")" ? joined(start, more.slice(1)) : `${start}(${more}`;
  }
  if (after === ")" || (after === " " && right[1] === ")")) {
    return left.replace(/(?:[,;] ?| )+$/, "") + right.trimStart();
  }
  if (before === " " || before === ",") {
    if (/^ ?,/.test(right) && /, ?$/.test(left)) return left.trimEnd() + right.replace(/^ ?,/, "");
    if (before === " " && /^(?: ?[,.]|;)(?:\s|$)/.test(right)) return left.trimEnd() + right.trimStart();
    return before === " " && after === " " ? left + right.slice(1) : left + right;
  }
  return /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after) ? `${left} ${right}` : left + right;
}

/**
 * Comments and extension tags of MediaWiki: verbatim parts are set aside behind marks, notes and pictures are removed.
 *
 * As in MediaWiki, the first opening tag wins and reaches to the next closing tag of its name, so nothing inside it is
 * markup. Noncharacters of Unicode, which no text has, mark the parts; those in the input are replaced by U+FFFD.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { decodeEntities } from "./entities.ts";

/** The mark that stays where something was removed, so that spaces and brackets around it can be tidied. */
export const hole = "\uFDD2";

/** Elements whose content is shown as it stands, entities included. */
const raw = "syntaxhighlight source math chem ce score".split(" ");
/** Elements whose content is shown without markup, entities decoded. */
const plain = "nowiki pre".split(" ");
/** Elements that are removed with their content. */
const removed =
  ("ref references gallery timeline imagemap hiero templatestyles graph mapframe maplink inputbox " +
    "categorytree templatedata indicator includeonly").split(" ");

const blocks = new Set(["syntaxhighlight", "source", "pre"]);
const isRaw = new Set(raw);
const isRemoved = new Set(removed);
const opening = new RegExp(`<!--|<(/?)(${[...raw, ...plain, ...removed].join("|")})(\\s[^<>]*)?(/?)>`, "gi");

/** Parts of a page that are shown as they stand. */
export class Verbatim {
  readonly #parts: string[] = [];

  /** Sets a part aside and returns its mark. */
  keep(part: string): string {
    return `\uFDD0${this.#parts.push(this.restore(part)) - 1}\uFDD1`;
  }

  /** Replaces the marks in `text` by their parts. */
  restore(text: string): string {
    if (!text.includes("\uFDD0")) return text;
    return text.replace(/\uFDD0(\d+)\uFDD1/g, (_, at) => this.#parts[Number(at)]);
  }
}

/** Replaces the noncharacters that mark parts of a page. */
export function withoutMarks(text: string): string {
  return /[\uFDD0-\uFDD2]/.test(text) ? text.replace(/[\uFDD0-\uFDD2]/g, "\uFFFD") : text;
}

/** Sets verbatim elements of a page aside and removes comments, notes and pictures; `note` counts them. */
export function withoutExtensionTags(page: string, verbatim: Verbatim, note: Note): string {
  const search = lowerCase(page);
  const out: string[] = [];
  /** Names of which no closing tag is left. */
  const unclosed = new Set<string>();
  /** The last closing tag that was found, by name. */
  const closings = new Map<string, ClosingTag>();
  let from = 0;
  opening.lastIndex = 0;
  for (let found = opening.exec(page); found; found = opening.exec(page)) {
    const [tag, slash, rawName = "", attributes = "", selfClosing] = found;
    const name = rawName.toLowerCase();
    out.push(page.slice(from, found.index));
    from = opening.lastIndex;
    if (tag === "<!--") {
      const end = unclosed.has(tag) ? -1 : page.indexOf("-->", from);
      if (end >= 0) {
        from = end + 3;
        // A comment alone on its line leaves no blank line.
        const isLine = /(^|\n)[ \t]*$/.test(page.slice(Math.max(0, found.index - 50), found.index)) &&
          page[from] === "\n";
        if (isLine) from++;
        note("comments removed");
      } else {
        unclosed.add(tag);
        note("comments never closed");
      }
    } else if (selfClosing || attributes.endsWith("/")) {
      out.push(isRemoved.has(name) ? hole : verbatim.keep(""));
      if (isRemoved.has(name)) note(`elements removed: ${name}`);
    } else {
      let end = slash || unclosed.has(name) ? undefined : closings.get(name);
      if (!slash && !unclosed.has(name) && !(end && end.at >= from)) {
        end = closingTag(search, name, from);
        if (end) closings.set(name, end);
        else unclosed.add(name);
      }
      if (end && name === "ref" && isForgotten(search, from, end.at)) end = undefined;
      if (end) {
        out.push(elementText(name, page.slice(from, end.at), attributes, verbatim));
        if (isRemoved.has(name)) note(`elements removed: ${name}`);
        from = end.after;
      } else note("elements never closed");
    }
    opening.lastIndex = from;
  }
  return from === 0 ? page : out.join("") + page.slice(from);
}

/** A closing tag: its place and the place behind it. */
interface ClosingTag {
  at: number;
  after: number;
}

/** Returns true for a note that was never closed: another one opens before `end`, in a later paragraph. */
function isForgotten(search: string, from: number, end: number): boolean {
  const next = search.indexOf("<ref", from);
  return next >= 0 && next < end && search.slice(from, next).includes("\n\n");
}

/** Returns a page in lower case where each sign keeps its place, else as it is. */
export function lowerCase(page: string): string {
  const lower = page.toLowerCase();
  return lower.length === page.length ? lower : page;
}

/** Returns the next closing tag of `name`. */
export function closingTag(search: string, name: string, from: number): ClosingTag | undefined {
  const closing = `</${name}`;
  for (let at = search.indexOf(closing, from); at >= 0; at = search.indexOf(closing, at + 1)) {
    const after = /^\s{0,20}>/.exec(search.slice(at + closing.length, at + closing.length + 22));
    if (after) return { at, after: at + closing.length + after[0].length };
  }
  return undefined;
}

/** Returns the mark of an element's content, on lines of its own for a block of code; a hole for a removed element. */
function elementText(name: string, content: string, attributes: string, verbatim: Verbatim): string {
  if (isRemoved.has(name)) return name === "includeonly" ? "" : hole;
  if (isRaw.has(name)) {
    const isInline = !blocks.has(name) || /\binline\b|\benclose\s*=\s*"?none/i.test(attributes);
    return isInline
      ? verbatim.keep(content)
      : `\n${verbatim.keep(content.replace(/^[ \t]*\n|\n[ \t]*$/g, ""))}\n`;
  }
  if (name === "nowiki") return verbatim.keep(decodeEntities(content));
  const shown = content.replace(/^\n|\n$/g, "").replace(/<\/?nowiki>/gi, "");
  return `\n${verbatim.keep(decodeEntities(shown))}\n`;
}

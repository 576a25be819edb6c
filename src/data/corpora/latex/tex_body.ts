/**
 * The body of a LaTeX paper: from its first heading to its end, without bibliography.
 *
 * @module
 */
import { spansOf } from "./verbatim_spans.ts";

const headings =
  /\\(?:(?:chapter|part|section|subsection|subsubsection|paragraph|subparagraph|addchap|addsec)\s*\*?\s*[[{]|beginsection\b|(?:sub)?heading(?![a-zA-Z])(?=[^\n]{0,300}\\end(?:sub)?heading)|head(?![a-zA-Z])(?=[^\n]{0,300}\\endhead))/g;

/** Returns the text from the first heading to the end of the document; undefined without a heading. */
export function bodyOf(text: string): string | undefined {
  const document = documentOf(text);
  const first = outside(document, headings).next().value;
  return first && document.slice(first.index);
}

const borders =
  /\\(begin|end)\s*\{document\}(?!["'`|+!>.,;:)])|\\(document)(?![a-zA-Z])(?!\s*[[{])|\\(enddocument|bye|end)(?![a-zA-Z])(?!\s*\{)|[{}]/g;

/**
 * Returns the text between the beginning and the end of the document, in LaTeX, AMS-TeX and plain TeX. Documents inside
 * it, as examples have them, and commands in braces or quotes, as in definitions and manuals, are no borders.
 */
export function documentOf(text: string): string {
  let from = 0;
  let last = text.length;
  let depth = 0;
  let open = 0;
  for (const { 0: all, 1: latex, 2: ams, 3: plain, index } of outside(text, borders)) {
    if (all === "{") depth++;
    else if (all === "}") depth = Math.max(0, depth - 1);
    else if (latex === "begin" || ams) {
      if (open++ > 0) continue;
      from = index + all.length;
      depth = 0;
    } else if (latex || (plain && (open === 0 || plain === "enddocument"))) {
      last = index;
      if (depth === 0 && --open <= 0) break;
    }
  }
  return text.slice(from, last < from ? undefined : last);
}

const lists =
  /\\begin\s*\{(thebibliography|references|REFERENCES|bibdiv|biblist)\}|\\(Refs)(?![a-zA-Z])|\\(?:bibliography|bibliographystyle)\s*\{[^{}]*\}|\\printbibliography(?![a-zA-Z])(?:\s*\[[^\]]{0,500}\])?/g;

/** Removes the bibliography, and with `appendix` the appendices; text behind the bibliography stays. */
export function withoutBibliography(text: string, { bibliography = true, appendix = false } = {}): string {
  const rest = bibliography ? withoutLists(text) : text;
  if (!appendix) return rest;
  const cut = outside(rest, /\\appendix(?![a-zA-Z])|\\begin\s*\{(?:appendix|appendices)\}/g).next().value;
  return cut ? rest.slice(0, cut.index) : rest;
}

function withoutLists(text: string): string {
  const out: string[] = [];
  let from = 0;
  for (const found of outside(text, lists)) {
    const at = found.index;
    if (at < from) continue;
    out.push(text.slice(from, at));
    const [all, environment, refs] = found;
    const mark = environment ? `\\end{${environment}}` : refs ? "\\endRefs" : "";
    const end = mark ? text.indexOf(mark, at) : at + all.length;
    if (end < 0) return out.join("");
    from = end + mark.length;
  }
  out.push(text.slice(from));
  return out.join("");
}

/** Finds a pattern outside comments and verbatim text. */
function* outside(text: string, pattern: RegExp, from = 0): Generator<RegExpExecArray, undefined> {
  const search = new RegExp(pattern);
  search.lastIndex = from;
  let spans: ReturnType<typeof spansOf> | undefined;
  let next = 0;
  for (let found = search.exec(text); found; found = search.exec(text)) {
    const at = found.index;
    spans ??= spansOf(text);
    while (next < spans.length && spans[next].to <= at) next++;
    if (spans[next]?.from <= at) search.lastIndex = spans[next].to;
    else if (!isEscaped(text, at)) yield found;
  }
  return undefined;
}

/** Returns true for a backslash that a backslash before it takes, as in `\\section`. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (start > 0 && text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}

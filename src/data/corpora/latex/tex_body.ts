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

/** Returns the text between the beginning and the end of the document, in LaTeX, AMS-TeX and plain TeX. */
export function documentOf(text: string): string {
  const begin = outside(text, /\\begin\s*\{document\}|\\document(?![a-zA-Z])(?!\s*[[{])/g).next().value;
  const from = begin ? begin.index + begin[0].length : 0;
  for (
    const end of outside(text, /\\end\s*\{document\}|\\(?:enddocument|bye|end)(?![a-zA-Z])(?!\s*\{)/g, from)
  ) {
    return text.slice(from, end.index);
  }
  return text.slice(from);
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

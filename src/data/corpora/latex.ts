/**
 * The parts of a LaTeX paper: root file with its inputs, comments, body, bibliography.
 *
 * @module
 */

/** Returns the name of a project's root file: of several the one with most inputs, then the longest. */
export function rootOf(files: ReadonlyMap<string, string>): string | undefined {
  const sources = [...files].filter(([name]) => !name.endsWith(".bbl"));
  const roots = sources.filter(([, text]) => /^[^%\n]*\\document(class|style)\b/m.test(text));
  const ranked = (roots.length ? roots : sources).sort(([, a], [, b]) =>
    inputs(b) - inputs(a) || b.length - a.length
  );
  return ranked[0]?.[0];
}

function inputs(text: string): number {
  return text.match(/\\(input|include)\b/g)?.length ?? 0;
}

/** The most inputs of a paper, at any depth. [ours] */
const maxInputs = 1000;

/**
 * Replaces `\input`, `\include` and `\subfile` in the root file by the files they name; removes missing and circular
 * ones.
 */
export function resolveInputs(root: string, files: ReadonlyMap<string, string>): string {
  const folder = root.replace(/[^/]*$/, "");
  let read = 0;
  const resolve = (name: string, ancestors: readonly string[]): string => {
    const text = files.get(name) ?? "";
    return text.replace(
      /^([^%\n]*?(?<!\\))\\(?:input|include|subfile)(?:\s*\{([^{}\n]+)\}|[ \t]+([^\s\\{}%]+))/gm,
      (_, before: string, braced?: string, bare?: string) => {
        const input = (braced ?? bare ?? "").trim().replace(/^\.\//, "");
        const found = [`${folder}${input}`, input].flatMap((path) => [path, `${path}.tex`]).find((path) =>
          files.has(path)
        );
        const isNew = found !== undefined && !ancestors.includes(found) && ++read <= maxInputs;
        return before + (isNew ? resolve(found, [...ancestors, found]) : "");
      },
    );
  };
  return resolve(root, [root]);
}

/**
 * Removes comments. As in TeX, a comment includes its line end and the blanks at the start of the next line, and a line
 * with nothing but a comment disappears. `\%` is no comment, `\\%` is a line break and a comment; `%` inside `\verb`,
 * `verbatim`-like environments and `\url` is no comment.
 */
export function withoutComments(text: string): string {
  const out: string[] = [];
  const ended = new Set<string>();
  const token =
    /\\verb\*?([^a-zA-Z\s*])[^\n]{0,500}?\1|\\(?:url|href|path|nolinkurl)\s*\{[^{}\n]{0,2000}\}|\\begin\{(verbatim\*?|lstlisting|Verbatim|minted|alltt|comment)\}|\\[\s\S]|%[^\n]*(\n[ \t]*)?/g;
  let from = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [all, , environment, blanks = ""] = found;
    const at = found.index;
    if (environment !== undefined) {
      const mark = `\\end{${environment}}`;
      const end = ended.has(environment) ? -1 : text.indexOf(mark, at);
      if (end < 0) ended.add(environment);
      else {
        token.lastIndex = end + mark.length;
        if (environment === "comment") {
          out.push(text.slice(from, at));
          from = token.lastIndex;
        }
      }
    } else if (all[0] === "%") {
      out.push(text.slice(from, at));
      // The next line continues this one, but an empty line still ends the paragraph.
      const next = at + all.length;
      const alone = text.slice(text.lastIndexOf("\n", at - 1) + 1, at).trim() === "";
      from = text[next] === "\n" && !alone ? next - blanks.length : next;
    }
  }
  out.push(text.slice(from));
  return out.join("");
}

const heading = /\\(?:chapter|part|section|subsection|subsubsection|paragraph|subparagraph)\s*\*?\s*[[{]/;

/** Returns the text from the first heading to the end of the document; undefined without a heading. */
export function bodyOf(text: string): string | undefined {
  const begin = /\\begin\s*\{document\}/.exec(text);
  const from = begin ? begin.index + begin[0].length : 0;
  const end = text.indexOf("\\end{document}", from);
  const document = text.slice(from, end < 0 ? undefined : end);
  const first = heading.exec(document);
  return first ? document.slice(first.index) : undefined;
}

/** Removes the bibliography, and with `appendix` the appendices; text behind the bibliography stays. */
export function withoutBibliography(text: string, { bibliography = true, appendix = false } = {}): string {
  let rest = text;
  if (bibliography) {
    rest = rest.replace(/\\begin\{(thebibliography|references|REFERENCES)\}[\s\S]*?(\\end\{\1\}|$)/g, "")
      .replace(/\\(bibliography|bibliographystyle)\s*\{[^{}]*\}|\\printbibliography(\s*\[[^\]]*\])?/g, "");
  }
  if (!appendix) return rest;
  const cut = /\\appendix\b|\\begin\{appendi(x|ces)\}/.exec(rest);
  return cut ? rest.slice(0, cut.index) : rest;
}

/**
 * The parts of a LaTeX text that TeX does not read as commands: comments, verbatim text and addresses.
 *
 * Every step over LaTeX skips these spans, so that code in a paper stays as its authors wrote it.
 *
 * @module
 */

/** A part of a text that is no command. */
export interface Span {
  /** Index of its first character. */
  from: number;
  /** Index behind its last character. */
  to: number;
  /** A comment up to its line end, an environment that prints nothing, or text that stays as it is. */
  kind: "comment" | "hidden" | "verbatim";
}

/** Syntax of a command whose argument is verbatim. */
interface InlineForm {
  /** Allows a star behind the name. */
  star?: boolean;
  /** Allows options in square brackets. */
  option?: boolean;
  /** Reads a group, such as a language, before the argument. */
  language?: boolean;
  /** Allows an argument in braces. */
  braces?: boolean;
  /** Allows an argument between two equal characters, or only between bars. */
  marks?: boolean | "bars";
}

const address: InlineForm = { braces: true, marks: true };
const inlineForms: Readonly<Record<string, InlineForm>> = {
  verb: { star: true, marks: true },
  spverb: { star: true, marks: true },
  Verb: { star: true, option: true, braces: true, marks: true },
  SaveVerb: { option: true, language: true, marks: true },
  lstinline: { option: true, braces: true, marks: true },
  mint: { option: true, language: true, braces: true, marks: true },
  mintinline: { option: true, language: true, braces: true, marks: true },
  url: address,
  burl: address,
  nolinkurl: address,
  path: { braces: true, marks: "bars" },
  href: { option: true, braces: true },
  doi: { braces: true },
};

const verbatimEnvironments =
  "verbatim Verbatim BVerbatim LVerbatim SaveVerbatim VerbatimOut spverbatim boxedverbatim verbatimtab alltt " +
  "lstlisting minted tcblisting LTXexample codeexample filecontents luacode macrocode pycode pyblock pyverbatim " +
  "pyconsole sageblock sagesilent sageverbatim asy";
const hiddenEnvironments = "comment rawhtml htmlonly";

/** Classes that make `|` a mark of verbatim text. */
const markedClasses = /\\documentclass\s*(?:\[[^\]]{0,500}\])?\s*\{(?:ltxguide|ltxdoc|ltnews|l3doc)\}/y;

/** The most characters of verbatim text inside a line, of an argument in braces, and of a definition's head. [ours] */
const maxMarked = 1000;
const maxBraced = 5000;
/** Groups that may turn out not to be closed before `maxBraced` shrinks, so that time stays linear. [ours] */
const maxFailures = 200;

/** Commands that define a verbatim environment or command, in what follows the name. */
const name = String.raw`\s*\*?\s*(?:\[[^\]\n]{0,300}\])?\s*\{?\s*\\?([a-zA-Z@]+)\*?\s*\}?`;
const listingName = /\s*\*?\s*(?:\[[^\]\n]{0,300}\])?\s*\{([^{}\\\n]{1,100})\}/y;
const mintedName = /(?:\s*\[\\?([a-zA-Z]+)\])?\s*\{([a-zA-Z+#-]+)\}/y;
const shortMark =
  /\*?\s*(?:\[[^\]\n]{0,300}\]\s*)?(?:\{\s*\\?([^\sa-zA-Z\\{}%])\s*\}|\\?([^\sa-zA-Z\\{}%]))/y;
const alias = new RegExp(
  name +
    String
      .raw`\s*=?\s*\{?\s*\\([a-zA-Z@]+)(\*?\s*(?:\[[^\]\n]{0,300}\])?\s*(?:\{\w+\})?\s*(?:\}|(?![a-zA-Z{])))`,
  "y",
);
const beginCode =
  /\*?\s*\{([^{}\\\n]{1,100})\}\s*(?:\[[^\]\n]{0,300}\]\s*){0,2}\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){0,1000})\}/y;
/** Code that begins verbatim text, or text that is not printed. */
export const beginsVerbatim =
  /\\(?:verbatim|Verbatim|BVerbatim|alltt|lstlisting|minted|VerbatimEnvironment|tcblisting|(comment))(?![a-zA-Z])/;

/** Returns the spans of a text in their order. Time is linear in the text. */
export function spansOf(text: string): Span[] {
  return /%|\\(?:verb|Verb|SaveVerb|spverb|lst|mint|begin|url|href|path|nolink|burl|doi|Make|Define|new|New)|\\documentclass/
      .test(text)
    ? new SpanFinder(text).find()
    : [];
}

/** Reads a text from its start to its end and collects the spans. */
class SpanFinder {
  readonly #text: string;
  readonly #spans: Span[] = [];
  readonly #inline = new Map(Object.entries(inlineForms));
  readonly #environments = new Map<string, "verbatim" | "hidden">([
    ...verbatimEnvironments.split(" ").map((name) => [name, "verbatim"] as const),
    ...hiddenEnvironments.split(" ").map((name) => [name, "hidden"] as const),
  ]);
  readonly #unclosed = new Set<string>();
  readonly #marks = new Set<string>();
  #failures = 0;
  #token = tokenPattern("");

  constructor(text: string) {
    this.#text = text;
  }

  find(): Span[] {
    const text = this.#text;
    for (let at = 0;;) {
      this.#token.lastIndex = at;
      const found = this.#token.exec(text);
      if (!found) return this.#spans;
      at = this.#token.lastIndex;
      const [all, command] = found;
      if (all === "%") {
        const end = text.indexOf("\n", at);
        at = this.#add(found.index, end < 0 ? text.length : end, "comment");
      } else if (command !== undefined) at = this.#command(command, found.index, at);
      else if (this.#marks.has(all)) {
        const end = this.#closing(all, at);
        if (end >= 0) at = this.#add(found.index, end, "verbatim");
      }
    }
  }

  #add(from: number, to: number, kind: Span["kind"]): number {
    if (to > from) this.#spans.push({ from, to, kind });
    return to;
  }

  /** Returns the index behind the mark that closes a verbatim text in its line, or -1. */
  #closing(mark: string, from: number): number {
    const piece = this.#text.slice(from, from + maxMarked);
    const end = piece.indexOf(mark);
    const line = piece.indexOf("\n");
    return end < 0 || (line >= 0 && line < end) ? -1 : from + end + 1;
  }

  /** Reads what follows a command and returns the index where the search goes on. */
  #command(command: string, start: number, at: number): number {
    const form = this.#inline.get(command);
    if (form) return this.#inlineText(form, at);
    switch (command) {
      case "begin":
        return this.#begin(start, at);
      case "MakeShortVerb":
      case "DefineShortVerb":
      case "lstMakeShortInline":
        return this.#setMark(at, true);
      case "DeleteShortVerb":
      case "UndefineShortVerb":
      case "lstDeleteShortInline":
        return this.#setMark(at, false);
      case "lstnewenvironment":
      case "DefineVerbatimEnvironment":
      case "newtcblisting":
      case "NewTCBListing":
      case "DeclareTCBListing":
        return this.#define(this.#match(listingName, at)?.[1], "verbatim", at);
      case "excludecomment":
        return this.#define(this.#match(listingName, at)?.[1], "hidden", at);
      case "includecomment":
        this.#environments.delete(this.#match(listingName, at)?.[1] ?? "");
        return at;
      case "newminted": {
        const found = this.#match(mintedName, at);
        return this.#define(found && (found[1] ?? `${found[2]}code`), "verbatim", at);
      }
      case "newmintinline":
      case "newmint": {
        const found = this.#match(mintedName, at);
        const suffix = command === "newmint" ? "" : "inline";
        if (found) {
          this.#inline.set(found[1] ?? found[2] + suffix, { option: true, braces: true, marks: true });
        }
        return at;
      }
      case "newenvironment": {
        const found = this.#match(beginCode, at);
        const begins = found && beginsVerbatim.exec(found[2]);
        return begins ? this.#define(found[1], begins[1] ? "hidden" : "verbatim", at) : at;
      }
      case "newcommand":
      case "renewcommand":
      case "providecommand":
      case "def":
      case "let": {
        const found = this.#match(alias, at);
        const known = found && this.#inline.get(found[2]);
        const hasGroup = found !== null && found[3].includes("{");
        if (!known || (hasGroup && !known.language)) return at;
        this.#inline.set(found[1], hasGroup ? { ...known, language: false } : known);
        return at + found[0].length;
      }
      case "documentclass":
        markedClasses.lastIndex = start;
        if (markedClasses.test(this.#text)) this.#mark("|", true);
        return at;
      default:
        return at;
    }
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text);
  }

  #define(environment: string | null | undefined, kind: "verbatim" | "hidden", at: number): number {
    if (environment) this.#environments.set(environment.trim(), kind);
    return at;
  }

  #setMark(at: number, on: boolean): number {
    const found = this.#match(shortMark, at);
    if (!found) return at;
    this.#mark(found[1] ?? found[2], on);
    return at + found[0].length;
  }

  #mark(mark: string, on: boolean): void {
    if (on) this.#marks.add(mark);
    else this.#marks.delete(mark);
    this.#token = tokenPattern([...this.#marks].join(""));
  }

  #begin(start: number, at: number): number {
    const found = this.#match(/\s*\{([a-zA-Z@]+)(\*?)\}/y, at);
    const kind = found && (this.#environments.get(found[1]) ?? this.#environments.get(found[1] + found[2]));
    if (!kind || !found) return at;
    const name = found[1] + found[2];
    const mark = `\\end{${name}}`;
    const from = at + found[0].length;
    const end = this.#unclosed.has(name) ? -1 : this.#text.indexOf(mark, from);
    if (end < 0) {
      this.#unclosed.add(name);
      return from;
    }
    return kind === "hidden"
      ? this.#add(start, end + mark.length, kind)
      : this.#add(from, end, kind) + mark.length;
  }

  #inlineText(form: InlineForm, at: number): number {
    const text = this.#text;
    let from = at;
    if (form.star && text[from] === "*") from++;
    while (text[from] === " ") from++;
    if (form.option) from += this.#match(/\[[^\]\n]{0,500}\]/y, from)?.[0].length ?? 0;
    if (form.language) from += this.#match(/\s*\{\\?\w+\}/y, from)?.[0].length ?? 0;
    const mark = text[from] ?? "";
    if (mark === "{") {
      const end = form.braces ? this.#closingBrace(from) : -1;
      return end < 0 ? at : this.#add(at, end, "verbatim");
    }
    // The path of a drawing, \path (0,0) -- (1,1), has no verbatim text.
    const isMark = form.marks === "bars"
      ? text[at] === "|"
      : form.marks && /[^a-zA-Z\s*{}\\]/.test(mark) && (form.star || !/[[(]/.test(mark));
    if (!isMark) return at;
    const end = this.#closing(mark, from + 1);
    return end < 0 ? at : this.#add(at, end, "verbatim");
  }

  /** Returns the index behind the brace that closes the one at `at`; -1 without it in its paragraph. */
  #closingBrace(at: number): number {
    const text = this.#text;
    const most = Math.min(text.length, at + (this.#failures < maxFailures ? maxBraced : maxBraced / 50));
    for (let i = at, depth = 0; i < most; i++) {
      const sign = text[i];
      if (sign === "\\") i++;
      else if (sign === "{") depth++;
      else if (sign === "}" && --depth === 0) return i + 1;
      else if (sign === "\n" && text[i + 1] === "\n") break;
    }
    this.#failures++;
    return -1;
  }
}

/** Returns a pattern for a command, a comment or one of the marks of verbatim text. */
function tokenPattern(marks: string): RegExp {
  const signs = [...marks].map((mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`).join("");
  return new RegExp(`\\\\(?:([a-zA-Z@]+)|[\\s\\S])|[%${signs}]`, "gu");
}

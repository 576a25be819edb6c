/**
 * Expansion of the authors' LaTeX macros [paper 2.1].
 *
 * Supported are `\newcommand`, `\renewcommand`, `\providecommand`, `\DeclareMathOperator`, `\def` and `\let`, with
 * arguments and a default for the first one. Macros in a value are expanded to a depth of 32. Expansion stops when it
 * has added eight times the length of the text and a megabyte, so that a macro that calls itself ends. A `\def` with
 * delimited arguments is counted and not expanded.
 *
 * @module
 */
import type { Note } from "../steps/document_step.ts";

/** A macro. */
interface Macro {
  /** Number of arguments. */
  count: number;
  /** Default of the first argument. */
  first?: string;
  /** Replacement text, with `#1` to `#9` for arguments. */
  value: string;
}

/** Limits of expansion: depth, and characters added per character of the text and in any case. [ours] */
const maxDepth = 32;
const maxGrowth = 8;
const minBudget = 1 << 20;

/** Removes the definitions of macros from a text and expands the macros where they are used. */
export function expandMacros(text: string, note: Note = () => {}): string {
  const expander = new Expander(text.length * maxGrowth + minBudget, note);
  const result = expander.run(text, 0);
  return result.replace(/^[ \t]*\n(?:[ \t]*\n)+/gm, "\n");
}

/** The macros defined so far, and the characters that expansion may still add. */
class Expander {
  readonly #macros = new Map<string, Macro>();
  readonly #note: Note;
  #budget: number;

  constructor(budget: number, note: Note) {
    this.#budget = budget;
    this.#note = note;
  }

  /** Expands a text. A definition applies to the text behind it, and a later one replaces it. */
  run(text: string, depth: number): string {
    const out: string[] = [];
    const token = /\\(?:[a-zA-Z@]+|[\s\S])/g;
    const braces = new Braces(text);
    let from = 0;
    for (let found = token.exec(text); found; found = token.exec(text)) {
      const name = found[0].slice(1);
      const start = found.index;
      const end = this.#define(name, braces, token.lastIndex);
      if (end !== undefined) {
        out.push(text.slice(from, start));
        from = token.lastIndex = end;
        continue;
      }
      const macro = this.#macros.get(name);
      if (!macro) continue;
      const args = argumentsOf(macro, braces, token.lastIndex);
      if (!args) continue;
      if (depth >= maxDepth || this.#budget <= 0) {
        this.#note("macros that never end");
        continue;
      }
      out.push(text.slice(from, start));
      const value = macro.value.replace(/#(\d)/g, (_, n) => args.values[n - 1] ?? "");
      this.#budget -= value.length;
      const expanded = this.run(value, depth + 1);
      // A command at the end of the value must not merge with the next letter.
      const next = text[args.end] ?? "";
      out.push(expanded, /\\[a-zA-Z]+$/.test(expanded) && /[a-zA-Z]/.test(next) ? " " : "");
      from = token.lastIndex = args.end;
    }
    out.push(text.slice(from));
    return out.join("");
  }

  /** Reads a definition behind its command and returns its end; undefined where there is none. */
  #define(command: string, braces: Braces, at: number): number | undefined {
    const { text } = braces;
    if (
      /^(re|provide)?newcommand$|^providecommand$|^DeclareRobustCommand$/.test(command) ||
      command === "renewcommand"
    ) {
      return this.#newcommand(braces, at);
    }
    if (command === "DeclareMathOperator") {
      const star = text[at] === "*" ? 1 : 0;
      const name = nameAt(text, at + star);
      const value = name && braces.group(name.end);
      if (!name || !value) return undefined;
      return this.#set(
        name.name,
        { count: 0, value: `\\operatorname${star ? "*" : ""}{${value.inner}}` },
        value.end,
      );
    }
    if (command === "def" || command === "gdef") return this.#def(braces, at);
    return command === "let" ? this.#let(text, at) : undefined;
  }

  #newcommand(braces: Braces, at: number): number | undefined {
    const { text } = braces;
    const name = nameAt(text, text[at] === "*" ? at + 1 : at);
    if (!name) return undefined;
    const count = optional(text, name.end);
    const first = count && optional(text, count.end);
    const value = braces.group((first ?? count ?? name).end);
    const number = Number(count?.inner ?? 0);
    if (!value || !(number >= 0 && number <= 9)) return undefined;
    return this.#set(name.name, { count: number, first: first?.inner, value: value.inner }, value.end);
  }

  #def(braces: Braces, at: number): number | undefined {
    const { text } = braces;
    const found = /\s*\\([a-zA-Z@]+|[^\s])([^{}\\\n]{0,100})/y;
    found.lastIndex = at;
    const head = found.exec(text);
    const value = head && braces.group(found.lastIndex);
    if (!head || !value) return undefined;
    const [, name, parameters] = head;
    if (!/^\s*(#\d)*\s*$/.test(parameters)) {
      this.#note("macros with delimited arguments");
      return value.end;
    }
    return this.#set(name, { count: parameters.match(/#\d/g)?.length ?? 0, value: value.inner }, value.end);
  }

  #let(text: string, at: number): number | undefined {
    const found = /\s*\\([a-zA-Z@]+|[^\s])\s*=?\s*\\([a-zA-Z@]+|[^\s])/y;
    found.lastIndex = at;
    const both = found.exec(text);
    if (!both) return undefined;
    const known = this.#macros.get(both[2]);
    return this.#set(both[1], known ?? { count: 0, value: `\\${both[2]}` }, found.lastIndex);
  }

  #set(name: string, macro: Macro, end: number): number {
    this.#macros.set(name, macro);
    return end;
  }
}

/** Reads the name that a definition defines, with or without braces. */
function nameAt(text: string, at: number): { name: string; end: number } | undefined {
  const found = /\s*(?:\{\s*\\([a-zA-Z@]+|[^\s])\s*\}|\\([a-zA-Z@]+|[^\s]))/y;
  found.lastIndex = at;
  const name = found.exec(text);
  return name ? { name: name[1] ?? name[2], end: found.lastIndex } : undefined;
}

/** A text in braces or brackets, and the index behind the closing one. */
interface Group {
  inner: string;
  end: number;
}

/** The brace groups of a text; all are matched at the first call of `group`. */
class Braces {
  readonly text: string;
  #ends?: Int32Array;

  constructor(text: string) {
    this.text = text;
  }

  /** Returns the group that opens at `at`, after white space; undefined where none opens or it is never closed. */
  group(at: number): Group | undefined {
    while (/\s/.test(this.text[at] ?? "")) at++;
    if (this.text[at] !== "{") return undefined;
    const end = (this.#ends ??= this.#match())[at];
    return end === 0 ? undefined : { inner: this.text.slice(at + 1, end), end: end + 1 };
  }

  /** Returns the index of the closing brace for each opening one, else 0. */
  #match(): Int32Array {
    const ends = new Int32Array(this.text.length);
    const open: number[] = [];
    for (let i = 0; i < this.text.length; i++) {
      if (this.text[i] === "\\") i++;
      else if (this.text[i] === "{") open.push(i);
      else if (this.text[i] === "}" && open.length) ends[open.pop()!] = i;
    }
    return ends;
  }
}

/** The most characters in square brackets. [ours] */
const maxOptionLength = 1000;

/** Returns the group in square brackets that opens at `at`, after white space. */
function optional(text: string, at: number): Group | undefined {
  while (/[ \t\n]/.test(text[at] ?? "")) at++;
  if (text[at] !== "[") return undefined;
  for (let i = at + 1, depth = 0; i < Math.min(text.length, at + maxOptionLength); i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}") depth--;
    else if (text[i] === "]" && depth === 0) return { inner: text.slice(at + 1, i), end: i + 1 };
  }
  return undefined;
}

/** Reads the arguments of a macro's use: groups or single characters; undefined when some are missing. */
function argumentsOf(
  { count, first }: Macro,
  braces: Braces,
  at: number,
): { values: string[]; end: number } | undefined {
  const values: string[] = [];
  const { text } = braces;
  let end = at;
  if (first !== undefined) {
    const option = optional(text, end);
    values.push(option?.inner ?? first);
    end = option?.end ?? end;
  }
  while (values.length < count) {
    const braced = braces.group(end);
    if (braced) {
      values.push(braced.inner);
      end = braced.end;
    } else {
      const single = /\s*(\\[a-zA-Z@]+|\\?[^\s{}])/y;
      single.lastIndex = end;
      const found = single.exec(text);
      if (!found) return undefined;
      values.push(found[1]);
      end = single.lastIndex;
    }
  }
  // TeX skips blanks behind a command; authors write `\foo{}` to keep them.
  if (count === 0 && text.startsWith("{}", end)) end += 2;
  return { values, end };
}

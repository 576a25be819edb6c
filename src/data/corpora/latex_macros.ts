/**
 * The authors' own macros, expanded in place [paper 2.1].
 *
 * Read are `\newcommand`, `\renewcommand`, `\providecommand`, `\DeclareMathOperator`, `\def` and `\let`, with arguments and
 * a default for the first. A macro in a value is expanded as well, to a depth of 32; a text that grows to more than eight
 * times its length (and a megabyte) is expanded no further, so a macro that calls itself ends. A `\def` with delimited
 * arguments is left alone and counted.
 *
 * @module
 */
import type { Note } from "../steps/document_step.ts";

interface Macro {
  /** Number of arguments. */
  count: number;
  /** Value of the first one when it is left out. */
  first?: string;
  value: string;
}

const deepest = 32;
const growth = 8;
const slack = 1 << 20;

/** The text with its definitions taken out and their macros expanded where they are used. */
export function expanded(text: string, note: Note = () => {}): string {
  const expander = new Expander(text.length * growth + slack, note);
  const result = expander.run(text, 0);
  return result.replace(/^[ \t]*\n(?:[ \t]*\n)+/gm, "\n");
}

class Expander {
  readonly #macros = new Map<string, Macro>();
  readonly #note: Note;
  #left: number;

  constructor(budget: number, note: Note) {
    this.#left = budget;
    this.#note = note;
  }

  /** Definitions count from where they stand, so one that comes again later changes what follows it. */
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
      const taken = argumentsOf(macro, braces, token.lastIndex);
      if (!taken) continue;
      if (depth >= deepest || this.#left <= 0) {
        this.#note("macros that never end");
        continue;
      }
      out.push(text.slice(from, start));
      const value = macro.value.replace(/#(\d)/g, (_, n) => taken.values[n - 1] ?? "");
      this.#left -= value.length;
      const filled = this.run(value, depth + 1);
      // A name that ended in a space in the source must not run into the next letter.
      const next = text[taken.end] ?? "";
      out.push(filled, /\\[a-zA-Z]+$/.test(filled) && /[a-zA-Z]/.test(next) ? " " : "");
      from = token.lastIndex = taken.end;
    }
    out.push(text.slice(from));
    return out.join("");
  }

  /** Reads a definition that begins behind its command; gives its end, or undefined where there is none. */
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

/** The name that a definition is for, with or without braces. */
function nameAt(text: string, at: number): { name: string; end: number } | undefined {
  const found = /\s*(?:\{\s*\\([a-zA-Z@]+|[^\s])\s*\}|\\([a-zA-Z@]+|[^\s]))/y;
  found.lastIndex = at;
  const name = found.exec(text);
  return name ? { name: name[1] ?? name[2], end: found.lastIndex } : undefined;
}

interface Group {
  inner: string;
  end: number;
}

/** The groups of a text, found in one pass when the first is asked for. */
class Braces {
  readonly text: string;
  #ends?: Int32Array;

  constructor(text: string) {
    this.text = text;
  }

  /** What stands in the braces that open at or behind `at`, over lines; undefined when none do, or they never close. */
  group(at: number): Group | undefined {
    while (/\s/.test(this.text[at] ?? "")) at++;
    if (this.text[at] !== "{") return undefined;
    const end = (this.#ends ??= this.#match())[at];
    return end === 0 ? undefined : { inner: this.text.slice(at + 1, end), end: end + 1 };
  }

  /** Of each opening brace the place of its closing one, else 0. */
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

/** Characters of the longest text in square brackets. [ours] */
const longestOption = 1000;

/** What stands in square brackets at `at`. */
function optional(text: string, at: number): Group | undefined {
  while (/[ \t\n]/.test(text[at] ?? "")) at++;
  if (text[at] !== "[") return undefined;
  for (let i = at + 1, depth = 0; i < Math.min(text.length, at + longestOption); i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}") depth--;
    else if (text[i] === "]" && depth === 0) return { inner: text.slice(at + 1, i), end: i + 1 };
  }
  return undefined;
}

/** The arguments of a macro that is used: groups, or single signs; undefined when they are not all there. */
function argumentsOf(
  { count, first }: Macro,
  braces: Braces,
  at: number,
): { values: string[]; end: number } | undefined {
  const values: string[] = [];
  const { text } = braces;
  let end = at;
  if (first !== undefined) {
    const given = optional(text, end);
    values.push(given?.inner ?? first);
    end = given?.end ?? end;
  }
  while (values.length < count) {
    const braced = braces.group(end);
    if (braced) {
      values.push(braced.inner);
      end = braced.end;
    } else {
      const sign = /\s*(\\[a-zA-Z@]+|\\?[^\s{}])/y;
      sign.lastIndex = end;
      const one = sign.exec(text);
      if (!one) return undefined;
      values.push(one[1]);
      end = sign.lastIndex;
    }
  }
  // TeX skips the blanks behind a name; `\foo{}` is a way to keep them.
  if (count === 0 && text.startsWith("{}", end)) end += 2;
  return { values, end };
}

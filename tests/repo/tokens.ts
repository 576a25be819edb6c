/**
 * TypeScript as a list of tokens: enough to tell code from comments and strings, so that a rule about
 * code is not fooled by a word in a sentence.
 *
 * @module
 */

/** A piece of source text. */
export interface Token {
  /** `string` and `template` hold their text with the quotes. */
  kind: "word" | "number" | "string" | "template" | "regex" | "comment" | "punct";
  /** The text as written. */
  text: string;
  /** Offset of its first character. */
  at: number;
}

const patterns: [Token["kind"], RegExp][] = [
  ["comment", /\/\/[^\n]*|\/\*[^]*?\*\//y],
  ["string", /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y],
  ["word", /[#@]?[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ["number", /\d[\w.]*/y],
  ["regex", /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y],
  ["punct", /=>|\?\.|\.\.\.|[^\s]/y],
];

/** Splits `source`; a template's `${...}` parts are split as code between its text parts. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  const braces: ("brace" | "template")[] = [];
  let last: Token | undefined;
  const add = (kind: Token["kind"], at: number, end: number): number => {
    const token = { kind, text: source.slice(at, end), at };
    found.push(token);
    if (kind !== "comment") last = token;
    return end;
  };
  for (let at = 0; at < source.length;) {
    const char = source[at];
    if (/\s/.test(char)) at++;
    else if (char === "`" || (char === "}" && braces.pop() === "template")) {
      const end = templateEnd(source, at + 1);
      if (source[end - 1] === "{") braces.push("template");
      at = add("template", at, end);
    } else {
      if (char === "{") braces.push("brace");
      at = add(...match(source, at, last));
    }
  }
  return found;
}

/** One past the closing backquote or the `${` that ends this part of a template. */
function templateEnd(source: string, at: number): number {
  for (; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "`") return at + 1;
    else if (source.startsWith("${", at)) return at + 2;
  }
  return source.length;
}

function match(source: string, at: number, last: Token | undefined): [Token["kind"], number, number] {
  for (const [kind, pattern] of patterns) {
    if (kind === "regex" && !mayStartRegex(last)) continue;
    pattern.lastIndex = at;
    if (pattern.test(source)) return [kind, at, pattern.lastIndex];
  }
  return ["punct", at, at + 1];
}

/** A slash after a value divides; anywhere else it opens a regular expression. */
function mayStartRegex(last: Token | undefined): boolean {
  if (!last) return true;
  if (last.kind === "punct") return !/[)\]}]/.test(last.text);
  return last.kind === "word" && /^(return|typeof|case|in|of|void|await|yield)$/.test(last.text);
}

/** Line of `offset` in `source`, counted from 1. */
export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

/**
 * Removal of comments from LaTeX, with the text that `\iffalse` and the `comment` environment hide.
 *
 * @module
 */
import { type Span, spansOf } from "./verbatim_spans.ts";

/**
 * Removes comments. As in TeX, a comment includes its line end and the blanks at the start of the next line, and a line
 * with nothing but a comment disappears. `\%` is no comment, `\\%` is a line break and a comment; `%` inside verbatim
 * text and addresses is no comment. Removes the branches that `\iftrue`, `\iffalse` and comparisons of two numbers skip.
 */
export function withoutComments(text: string): string {
  const out: string[] = [];
  let from = 0;
  for (const span of spansOf(text)) {
    if (span.kind === "verbatim" || span.from < from) continue;
    out.push(text.slice(from, span.from));
    from = span.kind === "hidden" ? span.to : behindComment(text, span);
  }
  out.push(text.slice(from));
  return withoutSkipped(out.join(""));
}

/** Returns the index where the text goes on: the next line continues this one, but an empty line ends the paragraph. */
function behindComment(text: string, { from, to }: Span): number {
  if (to === text.length) return to;
  let next = to + 1;
  while (text[next] === " " || text[next] === "\t") next++;
  const alone = text.slice(text.lastIndexOf("\n", from - 1) + 1, from).trim() === "";
  return text[next] === "\n" && !alone ? to : next;
}

/** An open condition. */
interface Condition {
  /** Index of its command. */
  at: number;
  /** Index behind its test. */
  start: number;
  /** The branch that counts; undefined when it cannot be known here. */
  value?: boolean;
  /** Depth of braces. */
  depth: number;
  /** Indices of `\else`. */
  else?: [from: number, to: number];
}

const token = /\\(?:(if[a-zA-Z@]*|else|or|fi|newif|let|ifx|string|noexpand|def)(?![a-zA-Z@])|[\s\S])|[{}]/g;
const number = /\s*(\d{1,9})\s*([<=>])\s*(\d{1,9})(?:\s|(?=\\))/y;

/**
 * Removes the branches of conditions whose test is in the text: `\iftrue`, `\iffalse`, `\if0`, `\ifnum1=0`. A condition
 * that is not closed inside its braces stays whole.
 */
export function withoutSkipped(text: string): string {
  if (!/\\if(?:true|false|num|[\s\d])/.test(text)) return text;
  const spans = spansOf(text);
  const cuts: [from: number, to: number][] = [];
  const open: Condition[] = [];
  let depth = 0;
  let span = 0;
  token.lastIndex = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const at = found.index;
    while (span < spans.length && spans[span].to <= at) span++;
    if (spans[span]?.from <= at) {
      token.lastIndex = spans[span].to;
      continue;
    }
    const [all, name] = found;
    const end = token.lastIndex;
    if (all === "{") depth++;
    else if (all === "}") {
      depth--;
      while (open.length && open.at(-1)!.depth > depth) open.pop();
    } else if (name === "fi") {
      const top = open.pop();
      // Braces in a skipped branch need not match.
      if (top?.value === false && !top.else) depth = top.depth;
      close(top, depth, [at, end], text, cuts);
    } else if (name === "else") {
      const top = open.at(-1);
      if (top) top.else ??= [at, end];
    } else if (
      name === "newif" || name === "let" || name === "string" || name === "noexpand" || name === "def"
    ) {
      token.lastIndex = behindNames(text, end, name === "let" ? 2 : 1);
    } else if (name?.startsWith("if") && name !== "iff" && text[end] !== "{") {
      open.push({ at, depth, ...testOf(name, text, end) });
      if (name === "ifx") token.lastIndex = behindNames(text, end, 2);
    }
  }
  return without(text, cuts);
}

/** Returns the value of a test and the index behind it. */
function testOf(name: string, text: string, end: number): { value?: boolean; start: number } {
  if (name === "iftrue" || name === "iffalse") return { value: name === "iftrue", start: end };
  if (name === "if") {
    const both = /\s*([01])\s*(\S)/y;
    both.lastIndex = end;
    const found = both.exec(text);
    return found ? { value: found[1] === found[2], start: both.lastIndex } : { start: end };
  }
  number.lastIndex = end;
  const found = name === "ifnum" ? number.exec(text) : null;
  if (!found) return { start: end };
  const difference = Number(found[1]) - Number(found[3]);
  return { value: Math.sign(difference) === "<=>".indexOf(found[2]) - 1, start: number.lastIndex };
}

/** Returns the index behind up to `count` command names, which a definition or test names and does not run. */
function behindNames(text: string, at: number, count: number): number {
  const one = /\s*=?\s*\\(?:[a-zA-Z@]+|[\s\S])/y;
  for (let i = 0; i < count; i++) {
    one.lastIndex = at;
    if (one.test(text)) at = one.lastIndex;
  }
  return at;
}

/** Records what a closed condition removes. */
function close(
  condition: Condition | undefined,
  depth: number,
  [fi, end]: [number, number],
  text: string,
  cuts: [number, number][],
): void {
  if (!condition || condition.value === undefined || condition.depth !== depth) return;
  const { at, start, value, else: other } = condition;
  // A blank behind the condition stays where it keeps two words apart.
  const last = value || other ? text[fi - 1] : text[at - 1] ?? " ";
  const behind = /\s/.test(last) ? behindBlanks(text, end) : end;
  if (value) cuts.push([at, behindBlanks(text, start)], [other?.[0] ?? fi, behind]);
  else if (other) cuts.push([at, behindBlanks(text, other[1])], [fi, behind]);
  else cuts.push([at, behind]);
}

/** Returns the index behind the blanks that follow a command, which TeX skips; an empty line stays. */
function behindBlanks(text: string, at: number): number {
  while (text[at] === " " || text[at] === "\t") at++;
  if (text[at] !== "\n") return at;
  let next = at + 1;
  while (text[next] === " " || text[next] === "\t") next++;
  return text[next] === "\n" ? at + 1 : next;
}

/** Removes ranges, which may overlap. */
function without(text: string, cuts: [from: number, to: number][]): string {
  const out: string[] = [];
  let from = 0;
  for (const [start, end] of cuts.sort(([a], [b]) => a - b)) {
    if (start > from) out.push(text.slice(from, start));
    from = Math.max(from, end);
  }
  out.push(text.slice(from));
  return out.join("");
}

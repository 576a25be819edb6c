/**
 * The width of text in terminal columns, after Unicode's East Asian Width (UAX #11), and text cut, broken
 * or padded to a width.
 *
 * @module
 */

const ZERO = /[\p{Mn}\p{Me}\p{Cf}\uFE0F\u1160-\u11FF]/u;
/** Emoji that terminals draw as pictures; a flag is two letters of one column each. */
const PICTURE = /(?![\u{1F1E6}-\u{1F1FF}])\p{Emoji_Presentation}/u;
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
const CONTROL = /[\p{Cc}\u2028\u2029\uFFFE\uFFFF]+/gu;

function columnsOf(char: string): number {
  if (char < "\u0300") return 1;
  return ZERO.test(char) ? 0 : WIDE.test(char) || PICTURE.test(char) ? 2 : 1;
}

/** Returns the terminal columns that one line of `text` takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += columnsOf(char);
  return width;
}

/**
 * Returns the start of a text that is cut before `rest`, without the number that the cut would divide: 12 of 1,234 says
 * something wrong.
 */
export function withoutPartOfNumber(start: string, rest: string): string {
  if (!/^[.,]?\d/.test(rest)) return start;
  const number = /(?<![\w.,])\d[\d.,]*$/.exec(start);
  return number && number.index > 0 ? start.slice(0, number.index) : start;
}

/**
 * Cuts `text` to at most `columns` terminal columns, the last of which is `…` in a text that was cut. A number that would
 * be divided goes whole.
 */
export function fit(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  let cut = 0;
  for (const char of text) {
    width += columnsOf(char);
    if (width > columns) {
      return columns < 1 ? "" : `${withoutPartOfNumber(text.slice(0, cut), text.slice(cut))}…`;
    }
    end += char.length;
    if (width <= columns - 1) cut = end;
  }
  return text;
}

/** Returns the lines of `text` in terminal columns, as {@linkcode wrapRanges} breaks them. */
export function wrap(text: string, columns: number): string[] {
  return wrapRanges(text, columns).map(([from, to]) => text.slice(from, to));
}

/** Returns the lines of `text` in terminal columns, broken between words only: a longer word is a longer line. */
export function wrapWords(text: string, columns: number): string[] {
  return wrapRanges(text, columns, false).map(([from, to]) => text.slice(from, to));
}

/**
 * Returns the places, from and to, of the lines of `text` in terminal columns: broken at line feeds, behind spaces, and, where
 * `breaksWords`, within a word that is longer than a line. Spaces at a break belong to no line.
 */
export function wrapRanges(text: string, columns: number, breaksWords = true): [from: number, to: number][] {
  const lines: [number, number][] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    for (const [from, to] of wrapLine(line, columns, breaksWords)) lines.push([start + from, start + to]);
    start += line.length + 1;
  }
  return lines;
}

function wrapLine(line: string, columns: number, breaksWords: boolean): [number, number][] {
  const ranges: [number, number][] = [];
  let from = 0;
  let width = 0;
  let at = 0;
  let afterSpace = 0;
  for (const char of line) {
    width += columnsOf(char);
    if (width > columns && char !== " " && at > from && (breaksWords || afterSpace > from)) {
      const end = afterSpace > from ? afterSpace : at;
      ranges.push([from, line.slice(from, end).trimEnd().length + from]);
      from = end;
      width = textWidth(line.slice(from, at)) + columnsOf(char);
    }
    at += char.length;
    if (char === " ") afterSpace = at;
  }
  ranges.push([from, at]);
  return ranges;
}

/** Pads `text` with spaces to `columns` terminal columns. */
export function pad(text: string, columns: number, align: "left" | "right" | "center" = "left"): string {
  const gap = Math.max(0, columns - textWidth(text));
  const before = align === "left" ? 0 : align === "right" ? gap : Math.floor(gap / 2);
  return " ".repeat(before) + text + " ".repeat(gap - before);
}

/** Returns `text` as one line that cannot move the cursor: line breaks and control characters become single spaces. */
export function oneLine(text: string): string {
  return text.replace(CONTROL, " ");
}

/**
 * The width of text in terminal columns, after Unicode's East Asian Width (UAX #11), and text cut or padded to a width.
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

/**
 * Breaks one line of text at spaces into lines of at most `columns` terminal columns. A longer word, or text without spaces,
 * is broken between characters.
 */
export function wrap(text: string, columns: number): string[] {
  return wrapWords(text, columns).flatMap((line) =>
    textWidth(line) <= columns ? [line] : broken(line, Math.max(2, columns))
  );
}

/** Breaks one line of text at spaces into lines of at most `columns` terminal columns. A longer word is a longer line. */
export function wrapWords(text: string, columns: number): string[] {
  if (textWidth(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  let width = 0;
  for (const part of text.match(/ +|[^ ]+/g) ?? []) {
    const more = textWidth(part);
    if (width + more > columns && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = "", width = 0;
      if (part.startsWith(" ")) continue;
    }
    line += part, width += more;
  }
  return line.trim() === "" && lines.length > 0 ? lines : [...lines, line.trimEnd()];
}

/** Breaks a word into pieces of at most `columns` terminal columns. */
function broken(word: string, columns: number): string[] {
  const pieces = [""];
  let width = 0;
  for (const char of word) {
    const more = columnsOf(char);
    if (width + more > columns) pieces.push(""), width = 0;
    pieces[pieces.length - 1] += char;
    width += more;
  }
  return pieces;
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

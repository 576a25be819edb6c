/**
 * Text broken into lines of a width.
 *
 * @module
 */
import { textWidth } from "./text_width.ts";

/**
 * Returns the places, from and to, of the lines of `text` in terminal columns: broken at line feeds, behind spaces, and
 * within a word that is longer than a line. Spaces at a break belong to no line.
 */
export function wrapRanges(text: string, columns: number): [from: number, to: number][] {
  const lines: [number, number][] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    for (const [from, to] of wrapLine(line, columns)) lines.push([start + from, start + to]);
    start += line.length + 1;
  }
  return lines;
}

function wrapLine(line: string, columns: number): [number, number][] {
  const ranges: [number, number][] = [];
  let from = 0;
  let width = 0;
  let at = 0;
  let afterSpace = 0;
  for (const char of line) {
    width += textWidth(char);
    if (width > columns && char !== " " && at > from) {
      const end = afterSpace > from ? afterSpace : at;
      ranges.push([from, line.slice(from, end).trimEnd().length + from]);
      from = end;
      width = textWidth(line.slice(from, at)) + textWidth(char);
    }
    at += char.length;
    if (char === " ") afterSpace = at;
  }
  ranges.push([from, at]);
  return ranges;
}

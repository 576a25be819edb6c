/**
 * Texts beside the names of their speakers: the turns of a conversation, or a prompt and the text behind it.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import type { Picture } from "./display.ts";
import { number } from "./format.ts";
import { escapeHtml, noteHtml, titleHtml } from "./html.ts";
import { GREY_TINT, TINTS } from "./palette.ts";
import { type Paint, terminalColumns, unpainted } from "./terminal.ts";
import { oneLine, pad, textWidth, wrapRanges } from "./text_width.ts";

/** A part of a turn. */
export interface TurnPart {
  /** Its text. */
  text: string;
  /** `marked` is underlined, in text between « and »; `quiet` is paler, such as the words of a template. */
  look?: "marked" | "quiet";
}

/** A turn: a text and its speaker. */
export interface Turn {
  /** The speaker, or another name of the text. */
  role: string;
  /** Its parts in order. */
  parts: readonly TurnPart[];
  /** The side of a long text that stays in sight, default its start. */
  keep?: "start" | "end";
}

/** Options of {@linkcode turns}. */
export interface TurnsOptions {
  /** Line above the turns. */
  title?: string;
  /** Line below the turns. */
  note?: string;
  /** UTF-16 units of a turn that stay in sight, default 600; the rest is folded, in text left out and counted. */
  fold?: number;
}

/** Upper limit of the folded rest in HTML, in UTF-16 units. */
const MAX_REST = 20_000;
/** Widest that text becomes, in terminal columns. */
const MAX_COLUMNS = 100;

/** Returns turns below one another, each behind the name of its speaker. */
export function turns(
  list: readonly Turn[],
  { title = "", note = "", fold = 600 }: TurnsOptions = {},
): Picture {
  const folded = list.map((turn) => foldTurn(turn, fold));
  const lines = (paint: Paint) => {
    const width = folded.reduce((w, { role }) => Math.max(w, textWidth(role)), 0);
    const rows = folded.flatMap((turn) => turnLines(turn, width, paint));
    const head = title === "" ? [] : [paint(oneLine(title), "bold")];
    return [...head, ...rows, ...note === "" ? [] : [paint(printable(note), "dim")]].join("\n");
  };
  return {
    text: lines(unpainted),
    terminal: lines,
    html: titleHtml(title) + folded.map(turnHtml).join("") + noteHtml(note),
  };
}

/** A turn whose rest is out of sight. */
interface Folded {
  role: string;
  parts: readonly TurnPart[];
  rest: readonly TurnPart[];
  keep: "start" | "end";
}

function foldTurn({ role, parts, keep = "start" }: Turn, fold: number): Folded {
  const length = parts.reduce((sum, { text }) => sum + text.length, 0);
  const name = oneLine(role);
  // A rest of a few words is not worth a fold.
  if (length <= fold * 1.2) return { role: name, parts, rest: [], keep };
  const [start, end] = splitParts(parts, keep === "start" ? fold : length - fold);
  return keep === "start"
    ? { role: name, parts: start, rest: end, keep }
    : { role: name, parts: end, rest: start, keep };
}

/** Splits parts behind `at` UTF-16 units, or one more so that no character is halved. */
function splitParts(parts: readonly TurnPart[], at: number): [TurnPart[], TurnPart[]] {
  const start: TurnPart[] = [];
  const end: TurnPart[] = [];
  let left = at;
  for (const part of parts) {
    const inside = Math.max(0, Math.min(left, part.text.length));
    const halves = /^[\uDC00-\uDFFF]/.test(part.text.slice(inside)) ? inside + 1 : inside;
    if (halves > 0) start.push({ ...part, text: part.text.slice(0, halves) });
    if (halves < part.text.length) end.push({ ...part, text: part.text.slice(halves) });
    left -= part.text.length;
  }
  return [start, end];
}

function lengthOf(parts: readonly TurnPart[]): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}

function turnLines({ role, parts, rest, keep }: Folded, width: number, paint: Paint): string[] {
  const hidden: TurnPart[] = rest.length === 0
    ? []
    : [{ text: `… (${number(lengthOf(rest))} more characters)`, look: "quiet" }];
  const shown = keep === "start"
    ? [...parts, ...hidden.map((part) => ({ ...part, text: ` ${part.text}` }))]
    : [...hidden.map((part) => ({ ...part, text: `${part.text} ` })), ...parts];
  const pieces = shown.map(({ text, look }) => ({
    text: look === "marked" ? `«${plainText(text)}»` : plainText(text),
    look,
  }));
  const whole = pieces.map(({ text }) => text).join("");
  const room = Math.max(20, Math.min(MAX_COLUMNS, terminalColumns() - 1) - width - 2);
  return wrapRanges(whole, room).map(([from, to], i) => {
    const head = pad(i === 0 ? role : "", width);
    return `${paint(head, "bold")}  ${paintRange(pieces, from, to, paint)}`.trimEnd();
  });
}

function plainText(text: string): string {
  return printable(text).replaceAll("\t", "    ");
}

/** Returns the pieces between two places of their joined text, each in its look. */
function paintRange(pieces: readonly TurnPart[], from: number, to: number, paint: Paint): string {
  let start = 0;
  let line = "";
  for (const { text, look } of pieces) {
    const part = text.slice(Math.max(0, from - start), Math.max(0, to - start));
    line += look === undefined || part === "" ? part : paint(part, look === "marked" ? "green" : "dim");
    start += text.length;
  }
  return line;
}

function turnHtml({ role, parts, rest, keep }: Folded): string {
  const shown = parts.map(partHtml).join("");
  const body = rest.length === 0 ? shown : foldedHtml(shown, rest, keep);
  return `<div style="display:flex;gap:12px;margin:4px 0">` +
    `<div style="flex:none;width:5.5em;opacity:0.8">${escapeHtml(role)}</div>` +
    `<div style="flex:1;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere">${body}</div></div>`;
}

function foldedHtml(shown: string, rest: readonly TurnPart[], keep: "start" | "end"): string {
  const count = lengthOf(rest);
  const [first, second] = splitParts(rest, keep === "start" ? MAX_REST : count - MAX_REST);
  const kept = (keep === "start" ? first : second).map(partHtml).join("");
  const lost = count > MAX_REST ? ` (${number(count - MAX_REST)} of them left out)` : "";
  const summary = `<summary style="cursor:pointer;opacity:0.8">… ${
    number(count)
  } more characters${lost}</summary>`;
  const details = `<details style="margin:2px 0">${summary}${kept}</details>`;
  return keep === "start" ? shown + details : details + shown;
}

function partHtml({ text, look }: TurnPart): string {
  const inner = escapeHtml(text);
  if (look === "quiet") return `<span style="background:${GREY_TINT};opacity:0.8">${inner}</span>`;
  if (look === undefined) return inner;
  return `<u style="background:${TINTS[2]};text-underline-offset:3px">${inner}</u>`;
}

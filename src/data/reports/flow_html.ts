/**
 * A flow as HTML: boxes from left to right, one below another where the page is narrow, and a frame around each source of a
 * mixture.
 *
 * @module
 */
import { number } from "../../display/format.ts";
import { escapeHtml } from "../../display/html.ts";
import { COLOURS, GREY } from "../../display/palette.ts";
import type { Flow, FlowBranch, FlowCounts, FlowStep } from "./flow.ts";

/** Reasons and notes of a step that are in sight; the others are folded. */
const MAX_LINES = 5;
/** A longer note, such as the place of a broken record, is folded. */
const MAX_LENGTH = 60;
const SMALL = "font-size:0.9em;overflow-wrap:anywhere";
const ROW = "display:flex;flex-wrap:wrap;gap:6px;align-items:stretch;margin:4px 0";
const GROUP = "display:flex;gap:6px;max-width:100%";
const ARROW = "align-self:center;opacity:0.8";

/** Returns a flow as HTML. */
export function flowHtml({ branches, steps }: Flow): string {
  const sources = branches.map(branchHtml).join("");
  const whole = Math.max(1, ...steps.map(({ counts }) => counts ? counts.kept + counts.dropped : 0));
  const boxes = steps.map((step, i) => {
    const arrow = i > 0 ? "→" : branches.length > 0 ? "↓" : "";
    // An arrow goes to the next line together with its box.
    return `<div style="${GROUP}">${arrow === "" ? "" : `<div style="${ARROW}">${arrow}</div>`}${
      boxHtml(step, whole)
    }</div>`;
  });
  return `${sources}<div style="${ROW}">${boxes.join("")}</div>`;
}

function branchHtml({ name, facts, asked, drawn, flow }: FlowBranch, index: number): string {
  const colour = COLOURS[index % COLOURS.length];
  const bars = asked === undefined
    ? ""
    : `<div style="width:200px;max-width:100%">${shareBar(asked, colour, drawn === undefined)}` +
      `${drawn === undefined ? "" : shareBar(drawn, colour, true)}</div>`;
  return `<div style="border-left:3px solid ${colour};padding:1px 0 1px 10px;margin:6px 0">` +
    `<div><b>${escapeHtml(name)}</b> <span style="${SMALL};opacity:0.8">${escapeHtml(facts)}</span></div>` +
    `${bars}${flowHtml(flow)}</div>`;
}

/** Returns the bar of a share: an outline for what was asked, filled for what was drawn. */
function shareBar(share: number, colour: string, isFull: boolean): string {
  const ground = isFull ? `background:${colour};` : "";
  return `<div style="box-sizing:border-box;height:6px;margin:2px 0;border:1px solid ${colour};${ground}` +
    `width:${widthOf(share)}"></div>`;
}

function widthOf(share: number): string {
  return `${Math.round(Math.min(1, share) * 1000) / 10}%`;
}

function boxHtml({ op, words, counts }: FlowStep, whole: number): string {
  const body = counts === undefined ? "" : countsHtml(counts, whole);
  const line = /^off\b/.test(words) ? "dashed" : "solid"; // such as a filter without its model
  return `<div style="box-sizing:border-box;width:150px;padding:6px 10px;border:1px ${line} ${GREY};` +
    `border-radius:6px"><b>${escapeHtml(op)}</b>` +
    `<div style="${SMALL};opacity:0.8">${escapeHtml(words)}</div>${body}</div>`;
}

function countsHtml({ kept, dropped, reasons, notes }: FlowCounts, whole: number): string {
  const part = (count: number, style: string) =>
    count === 0
      ? ""
      : `<div style="box-sizing:border-box;min-width:2px;width:${widthOf(count / whole)};${style}"></div>`;
  const bar =
    `<div style="display:flex;height:8px;margin:6px 0 4px">${part(kept, `background:${COLOURS[0]}`)}` +
    `${part(dropped, `border:1px solid ${COLOURS[1]}`)}</div>`;
  const isShort = (line: string) => line.length <= MAX_LENGTH;
  const lines = [
    ...dropped > 0 ? [`${number(dropped)} dropped${reasons.length === 1 ? `: ${reasons[0]}` : ""}`] : [],
    ...reasons.length > 1 ? reasons.map((reason) => `· ${reason}`) : [],
    ...notes.filter(isShort),
  ];
  const folded = [...lines.slice(MAX_LINES), ...notes.filter((note) => !isShort(note))].map(lineHtml);
  const rest = folded.length === 0
    ? ""
    : `<details style="${SMALL}"><summary style="cursor:pointer">${folded.length} more</summary>${
      folded.join("")
    }</details>`;
  return bar + [`${number(kept)} kept`, ...lines.slice(0, MAX_LINES)].map(lineHtml).join("") + rest;
}

function lineHtml(line: string): string {
  return `<div style="${SMALL}">${escapeHtml(line)}</div>`;
}

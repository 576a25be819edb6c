/**
 * Output for notebooks, terminals and logs: tables, charts, live output, progress and the Stop button.
 *
 * All output is a {@linkcode Picture}: text that is complete on its own, and HTML for notebooks.
 *
 * ```ts
 * import { lineChart, showPicture } from "@llamero/sdk/display";
 *
 * const series = [{ name: "loss", points: [[1, 4.2], [2, 3.1], [3, 2.8]] as [number, number][] }];
 * await showPicture(lineChart({ title: "Training", xLabel: "step", yLabel: "nats per token", series }));
 * ```
 *
 * @module
 */
export { printable } from "../base/printable.ts";
export { bundle, Displayable, inNotebook, jupyter, type Picture, settle, showPicture } from "./display.ts";
export * from "./chart.ts";
export {
  bytes,
  count,
  duration,
  energy,
  fixed,
  flop,
  mass,
  number,
  percent,
  plural,
  rate,
} from "./format.ts";
export {
  Help,
  type HelpKeys,
  type HelpList,
  type HelpOption,
  type HelpTexts,
  type HelpVerb,
} from "./help.ts";
export { card, escapeHtml, htmlOf, join, meterHtml, noteHtml, scrolling, titleHtml } from "./html.ts";
export { armInterrupt, type InterruptHandler, interruptible, onInterrupt } from "./interrupt.ts";
export type { Clock } from "./clock.ts";
export { Live, type LiveOptions } from "./live.ts";
export type { LiveUpdate, Sink } from "./live_update.ts";
export { displayIn, type DisplayOwner, displayOwner, type DisplayPlace, withOwner } from "./nesting.ts";
export { Progress, type ProgressOptions, withProgress } from "./progress.ts";
export { growingSink, openGrowingSink } from "./growing.ts";
export { type Broadcast, closedSink, notebookSink, openSink, pipeSink, terminalSink } from "./sink.ts";
export { type Align, type Column, type Grid, keyValues, table, type TableOptions } from "./table.ts";
export { colour, hasColour, type OutputName, type Paint, type Style, terminalColumns } from "./terminal.ts";
export { COLOURS, GREY, GREY_TINT, TINTS } from "./palette.ts";
export { escapeMarkdown, type MarkdownColumn, markdownOf, markdownTable } from "./picture_markdown.ts";
export { fit, oneLine, pad, textWidth } from "./text_width.ts";
export { type Turn, type TurnPart, turns, type TurnsOptions } from "./turns.ts";

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
export {
  bundle,
  Displayable,
  inNotebook,
  jupyter,
  type OutputName,
  type Picture,
  settle,
  showPicture,
} from "./display.ts";
export * from "./chart.ts";
export { bytes, count, duration, energy, fixed, mass, number, percent } from "./format.ts";
export {
  Help,
  type HelpKeys,
  type HelpList,
  type HelpOption,
  type HelpTexts,
  type HelpVerb,
} from "./help.ts";
export { card, escapeHtml, escapeMarkdown, htmlOf, join } from "./html.ts";
export { armInterrupt, type InterruptHandler, interruptible, onInterrupt } from "./interrupt.ts";
export { type Clock, Live, type LiveOptions } from "./live.ts";
export { Progress, type ProgressOptions } from "./progress.ts";
export {
  type Broadcast,
  type LiveUpdate,
  notebookSink,
  openSink,
  pipeSink,
  type Sink,
  terminalSink,
} from "./sink.ts";
export { type Align, type Column, type Grid, keyValues, table, type TableOptions } from "./table.ts";
export { fit, oneLine, pad, textWidth } from "./text_width.ts";

/**
 * The three places of a live display: a notebook, a terminal or a pipe.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import { bundle, isShown, isTerminal, jupyter, type OutputName, terminalText } from "./display.ts";
import type { Sink } from "./live_update.ts";
import { displayPlace } from "./nesting.ts";
import { hasColour, terminalColumns } from "./terminal.ts";
import { fit, oneLine } from "./text_width.ts";

/** A function that sends a message of the Jupyter protocol. */
export type Broadcast = (type: string, content: Record<string, unknown>) => Promise<void>;

/** Returns a sink that is one notebook output; updates replace it, also while other cells run. */
export function notebookSink(broadcast: Broadcast): Sink {
  const transient = { display_id: crypto.randomUUID() };
  let type = "display_data";
  let last: Promise<void> = Promise.resolve();
  return {
    kind: "notebook",
    show(update, _final, repeated): void {
      if (repeated) return;
      const content = { data: bundle(called(update.picture)), metadata: {}, transient };
      const send = broadcast(type, content);
      type = "update_display_data";
      last = Promise.allSettled([last, send]).then(() => {});
    },
    flush: () => last,
  };
}

/** Returns a sink that rewrites one line, cut to the width of the terminal, and writes the whole text at the end. */
export function terminalSink(
  write: (text: string) => void,
  columns: () => number,
  hasColours = false,
): Sink {
  return {
    kind: "terminal",
    show(update, final): void {
      const picture = called(update.picture);
      const line = () => fit(oneLine(picture.text.split("\n", 1)[0]), columns() - 1);
      write(`\r\x1b[2K${final ? `${terminalText(picture, hasColours)}\n` : line()}`);
    },
    flush: () => Promise.resolve(),
  };
}

/** Returns a sink that writes one plain line per update, and at the end all text of a picture that comes without a line. */
export function pipeSink(write: (text: string) => void): Sink {
  return {
    kind: "pipe",
    show({ picture, line }, final, repeated): void {
      const text = line === undefined ? called(picture).text : called(line);
      const first = oneLine(line === undefined ? text.split("\n", 1)[0] : text);
      const more = final && line === undefined && text.includes("\n");
      if (more) write(printable(text));
      else if (!repeated) write(first);
    },
    flush: () => Promise.resolve(),
  };
}

/** Returns a value, or what a function gives. */
export function called<T extends object | string>(value: T | (() => T)): T {
  return typeof value === "function" ? value() : value;
}

/** Returns a sink that shows nothing and makes no picture. */
export function closedSink(): Sink {
  return { kind: "pipe", show: () => {}, flush: () => Promise.resolve() };
}

/**
 * Returns the sink that {@linkcode displayIn} has set, or that of this process: its notebook, else the terminal or pipe of `stream`; a closed one in a process of several
 * that does not show what they do, and in a thread that works for the main one.
 */
export function openSink(stream: OutputName = "stdout"): Sink {
  const { sink } = displayPlace();
  if (sink) return sink;
  if (!isShown() || inWorker()) return closedSink();
  const kernel = jupyter();
  if (kernel) return notebookSink((type, content) => kernel.broadcast(type, content));
  const out = Deno[stream];
  if (!isTerminal(stream)) return pipeSink(stream === "stdout" ? console.log : console.error);
  const encoder = new TextEncoder();
  return terminalSink((text) => writeAll(out, encoder.encode(text)), terminalColumns, hasColour(stream));
}

function inWorker(): boolean {
  return "WorkerGlobalScope" in globalThis;
}

/** Writes all bytes; a terminal that was closed does not end a run. */
export function writeAll(out: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let sent = 0; sent < bytes.length;) sent += out.writeSync(bytes.subarray(sent));
  } catch { /* the terminal is gone */ }
}

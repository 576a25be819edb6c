/**
 * The three places a live display can be: a notebook, a terminal, a pipe.
 *
 * @module
 */
import { bundle, jupyter, type Picture } from "./display.ts";
import { fit, oneLine } from "./text_width.ts";

/** What a live display says at one moment. */
export interface LiveUpdate {
  /** What it looks like; a function is called only when it is about to be shown. */
  picture: Picture | (() => Picture);
  /** The same as plain data: the line that goes into a pipe. Without one, only the last picture does, as text. */
  record?: object | (() => object);
}

/** A place where a live display is shown. */
export interface Sink {
  /** What kind of place it is. */
  readonly kind: "notebook" | "terminal" | "pipe";
  /**
   * Shows an update in place of the one before. `final`: the last call; `repeated`: this very update was shown
   * already and is now the last. Must not throw when the place is gone.
   */
  show(update: LiveUpdate, final: boolean, repeated: boolean): void;
  /** Resolves when what was shown has left. */
  flush(): Promise<void>;
}

/** Sends a message of the Jupyter protocol. */
export type Broadcast = (type: string, content: Record<string, unknown>) => Promise<void>;

/** One notebook output that later updates replace, also while other cells run. */
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

/** One rewritten line, cut to the width of the terminal; at the end the whole text stays. */
export function terminalSink(write: (text: string) => void, columns: () => number): Sink {
  return {
    kind: "terminal",
    show(update, final): void {
      const { text } = called(update.picture);
      write(`\r\x1b[2K${final ? `${text}\n` : fit(oneLine(text.split("\n", 1)[0]), columns() - 1)}`);
    },
    flush: () => Promise.resolve(),
  };
}

/** One line of JSON an update; an update without a record prints its text, and only if it is the last. */
export function pipeSink(line: (text: string) => void): Sink {
  return {
    kind: "pipe",
    show({ picture, record }, final, repeated): void {
      if (record === undefined && final) line(called(picture).text);
      if (record !== undefined && !repeated) line(JSON.stringify(called(record)));
    },
    flush: () => Promise.resolve(),
  };
}

function called<T extends object>(value: T | (() => T)): T {
  return typeof value === "function" ? value() : value;
}

/** The place this process has: its notebook, else the terminal or pipe behind `stream`. */
export function openSink(stream: "stdout" | "stderr" = "stdout"): Sink {
  const kernel = jupyter();
  if (kernel) return notebookSink((type, content) => kernel.broadcast(type, content));
  const out = Deno[stream];
  if (!out.isTerminal()) return pipeSink(stream === "stdout" ? console.log : console.error);
  const encoder = new TextEncoder();
  return terminalSink((text) => writeAll(out, encoder.encode(text)), terminalColumns);
}

/** A terminal that was closed must not end a run that goes on without it. */
function writeAll(out: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let sent = 0; sent < bytes.length;) sent += out.writeSync(bytes.subarray(sent));
  } catch { /* nobody is looking */ }
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

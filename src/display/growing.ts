/**
 * The place of a text that grows: in a terminal its lines appear as they come, and only those that changed are rewritten.
 *
 * @module
 */
import type { Sink } from "./live_update.ts";
import { called, openSink, writeAll } from "./sink.ts";
import { displayPlace } from "./nesting.ts";
import { hasColour, isTerminal } from "./terminal.ts";
import { terminalText } from "./display.ts";

/**
 * Returns a sink that shows all lines of a picture in a terminal. Each line must fit the terminal's width. Lines above the
 * first one that changed stay as they are.
 */
export function growingSink(write: (text: string) => void, hasColours = false): Sink {
  let shown: string[] = [];
  return {
    kind: "terminal",
    show(update, final): void {
      const lines = terminalText(called(update.picture), hasColours).split("\n");
      const same = lines.findIndex((line, i) => line !== shown[i]);
      const first = Math.min(same < 0 ? lines.length : same, Math.max(0, shown.length - 1));
      const up = Math.max(0, shown.length - 1 - first);
      write(`${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J${lines.slice(first).join("\n")}${final ? "\n" : ""}`);
      shown = lines;
    },
    flush: () => Promise.resolve(),
  };
}

/** Returns the sink of this process for a text that grows; outside a terminal that of {@linkcode openSink}. */
export function openGrowingSink(): Sink {
  const usual = openSink("stdout");
  if (usual.kind !== "terminal" || displayPlace().sink || !isTerminal("stdout")) return usual;
  const encoder = new TextEncoder();
  return growingSink((text) => writeAll(Deno.stdout, encoder.encode(text)), hasColour("stdout"));
}

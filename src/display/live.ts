/**
 * A display that is updated in place, at most five times per second, and that always shows its last state.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { type Clock, systemClock } from "./clock.ts";
import { settle } from "./display.ts";
import { displayPlace } from "./nesting.ts";
import type { LiveUpdate, Sink } from "./live_update.ts";
import { openSink } from "./sink.ts";

/** Options of a live display. */
export interface LiveOptions {
  /** Minimum milliseconds between two updates in a notebook or a terminal, default 200. */
  interval?: number;
  /**
   * Minimum milliseconds between two updates in a pipe, default 5000, of a display that lasts longer than 100 seconds a twentieth
   * of the time so far, at most 60,000: a log stays one that people read.
   */
  pipeInterval?: number;
  /** Milliseconds from the start without output, default 0; a display that ends within them is never shown. */
  quiet?: number;
  /** Stream outside a notebook, default `stdout`. */
  stream?: "stdout" | "stderr";
  /** Place of the display, default that of {@linkcode openSink}. */
  sink?: Sink;
  /** Clock, default that of the process. */
  clock?: Clock;
}

const milliseconds = z.number().min(0);
const schema = optionsSchema<LiveOptions>()(z.strictObject({
  interval: milliseconds.default(200),
  pipeInterval: milliseconds.optional(),
  quiet: milliseconds.default(0),
  stream: z.enum(["stdout", "stderr"]).default("stdout"),
  sink: z.custom<Sink>((v) => typeof v === "object" && v !== null, "must be a sink").optional(),
  clock: z.custom<Clock>((v) => typeof v === "object" && v !== null, "must be a clock").optional(),
}));

/**
 * A display updated in place. In a notebook it is one output, in a terminal one line, in a pipe a plain line now and then.
 *
 * Of updates that come too fast only the newest is shown, when the interval is over. {@linkcode Live.end} shows the last
 * one at once.
 *
 * ```ts
 * import { Live } from "@llamero/sdk/display";
 *
 * const live = new Live();
 * for (let step = 1; step <= 20; step++) {
 *   live.update({ picture: () => ({ text: `step ${step}` }) });
 *   await new Promise((resolve) => setTimeout(resolve, 5));
 * }
 * await live.end();
 * ```
 */
export class Live {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #interval: () => number;
  #due: number;
  #newest?: LiveUpdate;
  #waiting = false;
  #shown = false;
  #cancel?: () => void;
  #ended = false;

  /**
   * Opens a display; nothing is shown before the first update.
   *
   * @throws {ConfigError} for an unknown or impossible option
   */
  constructor(options: LiveOptions = {}) {
    const { interval, pipeInterval, quiet, stream, sink, clock } = parseOptions(schema, options, "Live");
    this.#sink = sink ?? openSink(stream);
    this.#clock = clock ?? displayPlace().clock ?? systemClock;
    const start = this.#clock.now();
    const pace = () => pipeInterval ?? Math.max(5000, Math.min(60_000, (this.#clock.now() - start) / 20));
    this.#interval = this.#sink.kind === "pipe" ? pace : () => interval;
    this.#due = start + quiet;
  }

  /** The kind of its place. */
  get kind(): Sink["kind"] {
    return this.#sink.kind;
  }

  /** Replaces the display by `update`; has no effect after the end. */
  update(update: LiveUpdate): void {
    if (this.#ended) return;
    this.#newest = update;
    this.#waiting = true;
    const wait = this.#due - this.#clock.now();
    if (wait <= 0) this.#show(false);
    else this.#cancel ??= this.#clock.after(wait, () => this.#late());
  }

  /**
   * Shows `last`, or the newest update, as the final state and waits until it is sent. A display that ends within its
   * quiet time, or that never had an update, shows nothing. A second call has no effect.
   */
  async end(last?: LiveUpdate): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#newest = last ?? this.#newest;
    const quiet = !this.#shown && this.#clock.now() < this.#due;
    if (this.#newest && !quiet) this.#show(true, last === undefined && !this.#waiting);
    this.#cancel?.();
    if (!this.#shown) return;
    await this.#sink.flush();
    await settle();
  }

  #show(final: boolean, repeated = false): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = false;
    this.#due = this.#clock.now() + this.#interval();
    this.#shown = true;
    this.#sink.show(this.#newest!, final, repeated);
  }

  /** Shows the pending update. A picture that throws here is made again, and throws, in `end`, which the caller awaits. */
  #late(): void {
    this.#cancel = undefined;
    try {
      this.#show(false);
    } catch {
      this.#waiting = true;
    }
  }
}

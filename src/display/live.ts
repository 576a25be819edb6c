/**
 * One display that is updated in place, at most five times a second, and whose last state is always shown.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { settle } from "./display.ts";
import { type LiveUpdate, openSink, type Sink } from "./sink.ts";

/** The time a live display goes by; tests give their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls `fn` after `ms` milliseconds unless the function it returns is called before. */
  after(ms: number, fn: () => void): () => void;
}

/** How a live display behaves. */
export interface LiveOptions {
  /** Least milliseconds between two updates in a notebook or a terminal, default 200. */
  interval?: number;
  /** The same in a pipe, default 0: every record becomes a line, so that a log misses no step. */
  pipeInterval?: number;
  /** Milliseconds from the start in which nothing is shown, default 0; what ends within them is never shown. */
  quiet?: number;
  /** Which stream is used outside a notebook, default `stdout`. */
  stream?: "stdout" | "stderr";
  /** Where it is shown, default what {@linkcode openSink} finds. */
  sink?: Sink;
  /** Default the process's clock. */
  clock?: Clock;
}

const milliseconds = z.number().min(0);
const schema = optionsSchema<LiveOptions>()(z.strictObject({
  interval: milliseconds.default(200),
  pipeInterval: milliseconds.default(0),
  quiet: milliseconds.default(0),
  stream: z.enum(["stdout", "stderr"]).default("stdout"),
  sink: z.custom<Sink>((v) => typeof v === "object" && v !== null, "must be a sink").optional(),
  clock: z.custom<Clock>((v) => typeof v === "object" && v !== null, "must be a clock").optional(),
}));

/** The process's own clock; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/**
 * A display updated in place. In a notebook it is one output, in a terminal one line, in a pipe JSON lines.
 *
 * Updates that come too fast are merged: the newest is shown when its time has come. {@linkcode Live.end} shows
 * the last one whatever the time.
 *
 * ```ts
 * const live = new Live();
 * for (let step = 1; step <= 1000; step++) {
 *   live.update({ picture: () => ({ text: `step ${step}` }), record: { step } });
 *   await new Promise((resolve) => setTimeout(resolve, 5));
 * }
 * await live.end();
 * ```
 */
export class Live {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #interval: number;
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
    this.#clock = clock ?? systemClock;
    this.#interval = this.#sink.kind === "pipe" ? pipeInterval : interval;
    this.#due = this.#clock.now() + quiet;
  }

  /** Where it is shown. */
  get kind(): Sink["kind"] {
    return this.#sink.kind;
  }

  /** Says what is to be seen now; ignored after the end. */
  update(update: LiveUpdate): void {
    if (this.#ended) return;
    this.#newest = update;
    this.#waiting = true;
    const wait = this.#due - this.#clock.now();
    if (wait <= 0) this.#show(false);
    else this.#cancel ??= this.#clock.after(wait, () => this.#late());
  }

  /**
   * Shows `last`, or the newest update, as the final state, and waits until it has left. A display that ends within
   * its quiet time, or that never had an update, shows nothing. A second call does nothing.
   */
  async end(last?: LiveUpdate): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#newest = last ?? this.#newest;
    const quiet = !this.#shown && this.#clock.now() < this.#due;
    if (this.#newest && !quiet) this.#show(true, last === undefined && !this.#waiting);
    this.#cancel?.();
    await this.#sink.flush();
    await settle();
  }

  #show(final: boolean, repeated = false): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = false;
    this.#due = this.#clock.now() + this.#interval;
    this.#shown = true;
    this.#sink.show(this.#newest!, final, repeated);
  }

  /** The pending update's time has come. A picture that fails now fails again where somebody hears it: in `end`. */
  #late(): void {
    this.#cancel = undefined;
    try {
      this.#show(false);
    } catch {
      this.#waiting = true;
    }
  }
}

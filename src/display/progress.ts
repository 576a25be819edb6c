/**
 * A progress display for work that may take more than a second.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Picture } from "./display.ts";
import { duration, number, plural, rate } from "./format.ts";
import { escapeHtml, meterHtml } from "./html.ts";
import { Live } from "./live.ts";
import { type DisplayOwner, displayOwner, displayPlace, withOwner } from "./nesting.ts";
import type { LiveUpdate, Sink } from "./live_update.ts";

/** Options of a progress display. */
export interface ProgressOptions {
  /** Total amount; without it there is no bar and no remaining time. */
  total?: number;
  /** Noun of what is counted, such as `document`. */
  unit?: string;
  /** Text of an amount, default {@linkcode number}; {@linkcode bytes} for sizes. */
  format?: (amount: number) => string;
  /** Place of the display, default the notebook, else standard error, which keeps it out of a program's output. */
  sink?: Sink;
  /** Clock, default that of the process. */
  clock?: Clock;
}

const schema = optionsSchema<ProgressOptions>()(z.strictObject({
  total: z.number().min(0).optional(),
  unit: z.string().default(""),
  format: z.custom<(amount: number) => string>((f) => typeof f === "function", "must be a function")
    .optional(),
  sink: z.custom<Sink>((v) => typeof v === "object" && v !== null, "must be a sink").optional(),
  clock: z.custom<Clock>((v) => typeof v === "object" && v !== null, "must be a clock").optional(),
}));

/** The state in which a display of progress is shown. */
type State = "going" | "done" | "stopped";

/** Milliseconds of work without output. */
const quiet = 1000;

/**
 * The progress of one piece of work: after a first second without output, a bar, the rate and the remaining time. In a
 * pipe it is a plain line every few seconds and one at the end. Inside of the work of another progress, or of a run, it
 * has no display of its own and is a note in that one; {@linkcode withProgress} makes such work.
 *
 * ```ts
 * import { Progress } from "@llamero/sdk/display";
 *
 * const documents = ["Call me Ishmael.", "Some years ago"];
 * let words = 0;
 * await using progress = new Progress("counting words", { total: documents.length, unit: "document" });
 * for (const document of documents) {
 *   words += document.split(" ").length;
 *   progress.add();
 * }
 * ```
 */
export class Progress implements DisplayOwner {
  /** Amount that is done. */
  done = 0;
  readonly #options: z.output<typeof schema>;
  readonly #clock: Clock;
  readonly #start: number;
  /** Its own display, where no other shows it. */
  readonly #live?: Live;
  /** The display around it. */
  readonly #outer?: DisplayOwner;
  #state: State = "going";
  #note?: () => string;
  #cancel?: () => void;
  readonly #update: LiveUpdate = { picture: () => this.#picture(), line: () => this.#line() };
  readonly #inner = () => this.#clock.now() - this.#start < quiet ? "" : this.#line();

  /**
   * Starts the clock.
   *
   * @throws {ConfigError} for an unknown or impossible option
   */
  constructor(readonly label: string, options: ProgressOptions = {}) {
    this.#options = parseOptions(schema, options, "Progress");
    const { sink, clock } = this.#options;
    this.#clock = clock ?? displayPlace().clock ?? systemClock;
    this.#start = this.#clock.now();
    this.#outer = sink ? undefined : displayOwner();
    if (this.#outer) this.#cancel = this.#clock.after(quiet, () => this.#changed());
    else this.#live = new Live({ quiet, stream: "stderr", sink, clock: this.#clock });
    this.#changed();
  }

  /** Total amount; may be set when it becomes known. */
  get total(): number | undefined {
    return this.#options.total;
  }

  set total(total: number | undefined) {
    this.#options.total = total;
    this.#changed();
  }

  /** Adds `amount` to the amount that is done. */
  add(amount = 1): void {
    this.set(this.done + amount);
  }

  /** Sets the amount that is done. */
  set(done: number): void {
    this.done = done;
    this.#changed();
  }

  /** False once the display has ended. */
  get open(): boolean {
    return this.#state === "going";
  }

  /** Shows `text` behind the amount until the next call, in place of speed and time. */
  note(text?: () => string): void {
    this.#note = text;
    this.#changed();
  }

  #changed(): void {
    if (!this.open) return;
    if (this.#live) this.#live.update(this.#update);
    else this.#outer!.note(this.#inner);
  }

  /** Shows the final state, unless the work ended within its first second. A second call has no effect. */
  async end(state: "done" | "stopped" = "done"): Promise<void> {
    if (!this.open) return;
    this.#state = state;
    this.#note = undefined;
    this.#cancel?.();
    this.#outer?.note();
    await this.#live?.end(this.#update);
  }

  /** Ends the display at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #line(): string {
    return `${this.label}${this.#facts()}`;
  }

  #picture(): Picture {
    const { total } = this.#options;
    const share = total ? Math.min(1, this.done / total) : undefined;
    const facts = this.#facts();
    const bar = share === undefined || !this.open || this.#note?.()
      ? ""
      : `${"█".repeat(Math.round(share * 20)).padEnd(20, "░")} `;
    const meter = share === undefined || this.#state === "done" ? "" : `${meterHtml(share, "200px")} `;
    const [mark, rest] = facts.startsWith(": ") ? [": ", facts.slice(2)] : ["", facts];
    const style = this.open ? "" : ' style="opacity:.6;font-size:smaller"'; // what the work gave comes first
    return {
      text: `${this.label}${mark}${bar}${rest}`,
      html: `<div${style}>${escapeHtml(this.label)}${mark}${meter}${escapeHtml(rest)}</div>`,
    };
  }

  /** Returns the text behind the label. */
  #facts(): string {
    const seconds = (this.#clock.now() - this.#start) / 1000;
    const amount = this.#amount();
    if (this.#state === "stopped") return `: stopped${amount && ` at ${amount}`} after ${duration(seconds)}`;
    const took = `took ${duration(seconds)}`;
    if (this.#state === "done") return `: ${[amount, this.#rate(seconds), took].filter(Boolean).join(", ")}`;
    const note = this.#note?.();
    if (note) return `: ${amount === "" ? note : `${amount} (${note})`}`;
    if (amount === "") return " ...";
    return `: ${[amount, this.#rate(seconds), this.#left(seconds)].filter(Boolean).join(", ")}`;
  }

  /** Describes the amount; empty where nothing is counted. */
  #amount(): string {
    const { done } = this;
    const { total } = this.#options;
    if (total === undefined) return done === 0 ? "" : this.#counted(done);
    if (this.#state === "done" && done === total) return this.#counted(done);
    return `${this.#written(done)} of ${this.#counted(total)}`;
  }

  #counted(amount: number): string {
    const { unit } = this.#options;
    return unit === "" ? this.#written(amount) : plural(amount, unit);
  }

  #written(amount: number): string {
    return (this.#options.format ?? number)(amount);
  }

  /** Describes the speed, below one per second as the time of one. */
  #rate(seconds: number): string {
    const { format } = this.#options;
    const speed = this.done / seconds;
    if (!(speed > 0 && Number.isFinite(speed))) return "";
    if (speed < 1) return `${duration(1 / speed)} each`;
    return format ? `${format(Number(speed.toPrecision(3)))}/s` : rate(speed, "").replace(" /s", "/s");
  }

  #left(seconds: number): string {
    const { total } = this.#options;
    if (total === undefined || this.done === 0 || this.done >= total || seconds === 0) return "";
    return `${duration((total - this.done) * seconds / this.done)} to go`;
  }
}

/**
 * Runs `work` with a display of its progress, which ends with it: also by an error or an abort, which it then says. Progress
 * that begins inside of `work` is a note in this display.
 *
 * ```ts
 * import { withProgress } from "@llamero/sdk/display";
 *
 * const files = ["a.txt", "b.txt"];
 * await withProgress("reading", { total: files.length, unit: "file" }, async (progress) => {
 *   for (const _file of files) {
 *     await Promise.resolve();
 *     progress.add();
 *   }
 * });
 * ```
 *
 * @throws the error of `work`, and {@linkcode ConfigError} for an unknown or impossible option
 */
export async function withProgress<T>(
  label: string,
  options: ProgressOptions,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = new Progress(label, options);
  try {
    const result = await withOwner(progress, () => work(progress));
    await progress.end();
    return result;
  } catch (error) {
    await progress.end("stopped");
    throw error;
  }
}

/**
 * A progress display for work that may take more than a second.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Picture } from "./display.ts";
import { count, duration } from "./format.ts";
import { escapeHtml } from "./html.ts";
import { Live } from "./live.ts";
import { type DisplayOwner, displayOwner, displayPlace, withOwner } from "./nesting.ts";
import type { LiveUpdate, Sink } from "./live_update.ts";
import { COLOURS, GREY_TINT } from "./palette.ts";
import { element, svgImage, svgMarks } from "./svg.ts";

/** Options of a progress display. */
export interface ProgressOptions {
  /** Total amount; without it there is no bar and no remaining time. */
  total?: number;
  /** Unit of the amounts, such as `documents`. */
  unit?: string;
  /** Text of an amount, default {@linkcode count}; {@linkcode bytes} for sizes. */
  format?: (amount: number) => string;
  /** Place of the display, default the notebook, else standard error, which keeps it out of a program's output. */
  sink?: Sink;
  /** Clock, default that of the process. */
  clock?: Clock;
}

const schema = optionsSchema<ProgressOptions>()(z.strictObject({
  total: z.number().min(0).optional(),
  unit: z.string().default(""),
  format: z.custom<(amount: number) => string>((f) => typeof f === "function", "must be a function").default(
    () => count,
  ),
  sink: z.custom<Sink>((v) => typeof v === "object" && v !== null, "must be a sink").optional(),
  clock: z.custom<Clock>((v) => typeof v === "object" && v !== null, "must be a clock").optional(),
}));

/** The state in which a display of progress is shown. */
type State = "going" | "done" | "stopped";

/** Milliseconds of work without output. */
const quiet = 1000;

/**
 * The progress of one piece of work: after a first second without output, a bar, the rate and the remaining time. In a
 * pipe it is a plain line every five seconds and one at the end. Inside of the work of another progress, or of a run, it
 * has no display of its own and is a note in that one; {@linkcode withProgress} makes such work.
 *
 * ```ts
 * import { Progress } from "@llamero/sdk/display";
 *
 * const documents = ["Call me Ishmael.", "Some years ago"];
 * let words = 0;
 * await using progress = new Progress("counting words", { total: documents.length, unit: "documents" });
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

  /** Shows `text` in parentheses until the next call. */
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
    const bar = share === undefined || !this.open
      ? ""
      : `${"█".repeat(Math.round(share * 20)).padEnd(20, "░")} `;
    const image = share === undefined ? "" : `${barImage(share)} `;
    const [mark, rest] = facts.startsWith(": ") ? [": ", facts.slice(2)] : ["", facts];
    return {
      text: `${this.label}${mark}${bar}${rest}`,
      html: `<div>${escapeHtml(this.label)}${mark}${image}${escapeHtml(rest)}</div>`,
    };
  }

  /** Returns what stands behind the label. */
  #facts(): string {
    const seconds = (this.#clock.now() - this.#start) / 1000;
    const note = this.#note?.();
    const behind = note ? ` (${note})` : "";
    const amount = this.#amount();
    if (this.#state === "stopped") return `: stopped${amount && ` at ${amount}`} after ${duration(seconds)}`;
    if (this.#state === "done") {
      return `: ${[amount, this.#rate(seconds), `took ${duration(seconds)}`].filter(Boolean).join(", ")}`;
    }
    if (amount === "") return `${note ? ":" : " ..."}${behind}`;
    return `: ${[amount, this.#rate(seconds), this.#left(seconds)].filter(Boolean).join(", ")}${behind}`;
  }

  /** Describes the amount; empty where nothing is counted. */
  #amount(): string {
    const { total, unit, format } = this.#options;
    if (total === undefined && this.done === 0) return "";
    const whole = total === undefined || (this.#state === "done" && this.done === total);
    const amount = whole ? format(this.done) : `${format(this.done)} of ${format(total)}`;
    return unit === "" ? amount : `${amount} ${unit}`;
  }

  /** Describes the speed, below one per second as the time of one. */
  #rate(seconds: number): string {
    const rate = this.done / seconds;
    if (!(rate > 0 && Number.isFinite(rate))) return "";
    return rate < 1 ? `${duration(1 / rate)} each` : `${this.#options.format(Number(rate.toPrecision(3)))}/s`;
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
 * await withProgress("reading", { total: files.length, unit: "files" }, async (progress) => {
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

function barImage(share: number): string {
  const rect = (width: number, fill: string) => element("rect", { width, height: 10, rx: 3, fill });
  return svgImage(
    svgMarks(200, 10, rect(200, GREY_TINT) + rect(200 * share, COLOURS[0])),
    `${Math.round(share * 100)}%`,
  );
}

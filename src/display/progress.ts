/**
 * A progress display for work that may take more than a second.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../base/schema.ts";
import type { Picture } from "./display.ts";
import { count, duration } from "./format.ts";
import { escapeHtml } from "./html.ts";
import { type Clock, Live, systemClock } from "./live.ts";
import type { LiveUpdate, Sink } from "./sink.ts";
import { COLOURS } from "./palette.ts";
import { element, svgDocument, svgImage } from "./svg.ts";

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

/**
 * The progress of one piece of work: after a first second without output, a bar, the rate and the remaining time. In a
 * pipe it is a plain line every five seconds and one at the end.
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
export class Progress {
  /** Amount that is done. */
  done = 0;
  readonly #live: Live;
  readonly #options: z.output<typeof schema>;
  readonly #clock: Clock;
  readonly #start: number;

  /**
   * Starts the clock.
   *
   * @throws {ConfigError} for an unknown or impossible option
   */
  constructor(readonly label: string, options: ProgressOptions = {}) {
    this.#options = parseOptions(schema, options, "Progress");
    const { sink, clock = systemClock } = this.#options;
    this.#clock = clock;
    this.#start = clock.now();
    this.#live = new Live({ quiet: 1000, stream: "stderr", sink, clock });
    this.#live.update(this.#update(false));
  }

  /** Adds `amount` to the amount that is done. */
  add(amount = 1): void {
    this.set(this.done + amount);
  }

  /** Sets the amount that is done. */
  set(done: number): void {
    this.done = done;
    this.#live.update(this.#update(false));
  }

  /** Shows the final state, unless the work ended within its first second. */
  async end(): Promise<void> {
    await this.#live.end(this.#update(true));
  }

  /** Ends the display at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  get #seconds(): number {
    return (this.#clock.now() - this.#start) / 1000;
  }

  #update(final: boolean): LiveUpdate {
    return { picture: () => this.#picture(final), line: () => this.#line(final) };
  }

  #line(final: boolean): string {
    return `${this.label}: ${this.#facts(final).join(", ")}`;
  }

  #picture(final: boolean): Picture {
    const { total } = this.#options;
    const share = total ? Math.min(1, this.done / total) : undefined;
    const facts = this.#facts(final).join(", ");
    const bar = share === undefined || final ? "" : `${"█".repeat(Math.round(share * 20)).padEnd(20, "░")} `;
    const image = share === undefined ? "" : `${barImage(share)} `;
    return {
      text: `${this.label}: ${bar}${facts}`,
      html: `<div>${escapeHtml(this.label)}: ${image}${escapeHtml(facts)}</div>`,
    };
  }

  #facts(final: boolean): string[] {
    const { total, unit, format } = this.#options;
    const seconds = this.#seconds;
    const rate = this.done / seconds;
    const of = total === undefined || (final && this.done === total) ? "" : ` of ${format(total)}`;
    const facts = [`${format(this.done)}${of}${unit === "" ? "" : ` ${unit}`}`];
    if (rate > 0 && Number.isFinite(rate)) facts.push(`${format(Number(rate.toPrecision(3)))}/s`);
    if (final) facts.push(`took ${duration(seconds)}`);
    else if (total !== undefined && rate > 0 && this.done < total) {
      facts.push(`${duration((total - this.done) / rate)} to go`);
    }
    return facts;
  }
}

function barImage(share: number): string {
  const rect = (width: number, fill: string) => element("rect", { width, height: 10, rx: 3, fill });
  return svgImage(
    svgDocument(200, 10, rect(200, "#dde3e8") + rect(200 * share, COLOURS[0])),
    `${Math.round(share * 100)}%`,
  );
}

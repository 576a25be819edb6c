/**
 * One pass over a plan: its counts, its listener for dropped records, its abort signal.
 *
 * @module
 */
import { YieldTimer } from "../../base/event_loop.ts";
import type { BrokenRecord } from "../../formats/record_or_error.ts";
import type { Entry } from "../document.ts";
import type { InputUnit } from "./input_unit.ts";
import type { SharedWork } from "./shared_work.ts";

/** Counts of one step in one pass. */
export interface StepCounts {
  /** The step in one line. */
  step: string;
  /** Records that went on. */
  kept: number;
  /** Records that did not, by reason. */
  dropped: Record<string, number>;
  /** Other facts, such as the number of lines removed inside documents that stayed. */
  notes: Record<string, number | string>;
  /** UTF-8 bytes of text that went on, by source of a mixture. */
  bytes: Record<string, number>;
}

/** Settings of a pass. */
export interface PassOptions {
  /** Stops the pass; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told of every record that a step drops. */
  onReject?: OnReject;
  /**
   * Number of workers that judge documents; 0 for none. Default: up to one per core, once a step has turned out to have
   * enough to do. The result does not depend on it.
   */
  workers?: number;
  /** The input that is read; default all of it. */
  unit?: InputUnit;
  /** Workers and models of passes before and after this one; default none. */
  shared?: SharedWork;
}

/** A listener for records that a step drops. */
export type OnReject = (step: string, reason: string, value: unknown) => void | Promise<void>;

/** One pass over a plan. */
export class Pass {
  readonly #options: PassOptions;
  readonly #steps = new Map<object, StepCounts>();
  readonly #timer = new YieldTimer({ interval: 30 });

  /** Makes the pass; nothing is read yet. */
  constructor(options: PassOptions = {}) {
    this.#options = options;
  }

  /** The signal that stops the pass. */
  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /** The number of workers that judge documents; undefined to decide by what there is to do. */
  get workers(): number | undefined {
    return this.#options.workers;
  }

  /** The input that is read; undefined for all of it. */
  get unit(): InputUnit | undefined {
    return this.#options.unit;
  }

  /** Workers and models that this pass shares with others. */
  get shared(): SharedWork | undefined {
    return this.#options.shared;
  }

  /** Returns false for the plan of a reader that gives nothing in this pass, since another one reads. */
  reads(reader: object): boolean {
    return this.unit === undefined || this.unit.reader === reader || !this.unit.readers.has(reader);
  }

  /** The listener for dropped records. */
  get onReject(): OnReject | undefined {
    return this.#options.onReject;
  }

  /** Makes a pass over the same input of the same or other plans under the same signal, to whose drops nobody listens. */
  another(): Pass {
    const { signal, workers, unit } = this;
    return new Pass({ signal, workers, unit });
  }

  /** Returns the counts of `plans`, in their order. A plan that was never opened has none. */
  steps(plans: Iterable<object>): StepCounts[] {
    return [...plans].flatMap((plan) => this.#steps.get(plan) ?? []);
  }

  /** Returns the counts of one plan, to be counted on. A plan that is opened twice, as for another epoch, goes on with its own. */
  countsOf(plan: object, step: string): StepCounts {
    const known = this.#steps.get(plan);
    if (known) return known;
    const counts: StepCounts = { step, kept: 0, dropped: {}, notes: {}, bytes: {} };
    this.#steps.set(plan, counts);
    return counts;
  }

  /** Counts a dropped record and tells the listener. */
  async drop(counts: StepCounts, reason: string, entry: Entry<unknown>): Promise<void> {
    counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1;
    await this.#options.onReject?.(counts.step, reason, entry.value);
  }

  /** Counts a record that could not be read, notes the place of the first one, and tells the listener. */
  async dropBroken(counts: StepCounts, broken: BrokenRecord, file: string): Promise<void> {
    const { problem, reason = "unreadable", line, offset, text } = broken;
    const place = line === undefined ? file : `${file}:${line}`;
    counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1;
    counts.notes[`first ${reason}`] ??= `${place}: ${problem}`;
    await this.#options.onReject?.(counts.step, `${reason}: ${problem}`, { file, line, offset, text });
  }

  /**
   * Yields to the event loop every 30 ms, so that timers, signals and the Stop button work during loops over data in memory.
   * Called at every record.
   *
   * @throws the reason of the pass's signal when it is aborted
   */
  async yieldToEventLoop(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (this.#timer.due()) await this.#timer.yieldToEventLoop();
  }
}

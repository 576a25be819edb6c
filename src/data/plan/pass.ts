/**
 * One pass over a plan: who counts, who listens to what is dropped, and how it stops.
 *
 * @module
 */
import { YieldTimer } from "../../base/event_loop.ts";
import type { Document, Entry } from "../document.ts";
import { utf8Bytes } from "../document.ts";
import type { BrokenRecord } from "../../formats/record_or_error.ts";

/** What a step kept and dropped in one pass. */
export interface StepCounts {
  /** The step in one line. */
  step: string;
  /** Records that went on. */
  kept: number;
  /** Records that did not, by reason. */
  dropped: Record<string, number>;
  /** Other things worth knowing, such as lines removed inside documents that stayed. */
  notes: Record<string, number | string>;
  /** Bytes of text that went on, for each source of a mixture. */
  bytes: Record<string, number>;
}

/** What a pass needs beyond the plan. */
export interface PassOptions {
  /** Stops the pass; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told of every record a step drops. */
  onReject?: OnReject;
  /**
   * How many workers judge documents; 0 for none. Default: up to one a core, once a step has turned out to have enough
   * to do. The result does not depend on it.
   */
  workers?: number;
}

/** Told of a record that a step drops. */
export type OnReject = (step: string, reason: string, value: unknown) => void | Promise<void>;

/** One pass over a plan. */
export class Pass {
  /** The passes that count for this one and may know more than they have told. */
  readonly children: Set<Pass> = new Set();
  readonly #options: PassOptions;
  readonly #steps = new Map<object, StepCounts>();
  readonly #timer = new YieldTimer({ interval: 30 });

  /** Makes the pass; nothing is read yet. */
  constructor(options: PassOptions = {}) {
    this.#options = options;
  }

  /** What stops the pass. */
  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /** How many workers judge documents; undefined to decide by what there is to do. */
  get workers(): number | undefined {
    return this.#options.workers;
  }

  /** Who is told of what steps drop. */
  get onReject(): OnReject | undefined {
    return this.#options.onReject;
  }

  /** Another pass over the same or other plans, under the same signal, of which nobody is told. */
  another(): Pass {
    return new Pass({ signal: this.signal, workers: this.workers });
  }

  /** Brings the counts up to date. */
  flush(): void {
    for (const pass of this.children) pass.flush();
  }

  /** What was counted for each of `plans`, in their order; a plan that was never opened has no counts. */
  steps(plans: Iterable<object>): StepCounts[] {
    this.flush();
    return [...plans].flatMap((plan) => this.#steps.get(plan) ?? []);
  }

  /** The counts of one plan; one that is opened twice (another epoch) goes on counting where it was. */
  countsOf(plan: object, step: string): StepCounts {
    const known = this.#steps.get(plan);
    if (known) return known;
    const counts: StepCounts = { step, kept: 0, dropped: {}, notes: {}, bytes: {} };
    this.#steps.set(plan, counts);
    return counts;
  }

  /** Counts a dropped record and hands it to whoever listens. */
  async drop(counts: StepCounts, reason: string, entry: Entry<unknown>): Promise<void> {
    counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1;
    await this.#options.onReject?.(counts.step, reason, entry.value);
  }

  /** Counts a record that could not be read, keeps the place of the first, and hands it to whoever listens. */
  async dropBroken(counts: StepCounts, { problem, line, text }: BrokenRecord, file: string): Promise<void> {
    const place = line === undefined ? file : `${file}:${line}`;
    counts.dropped["unreadable"] = (counts.dropped["unreadable"] ?? 0) + 1;
    counts.notes["first unreadable"] ??= `${place}: ${problem}`;
    await this.#options.onReject?.(counts.step, `unreadable: ${problem}`, { file, line, text });
  }

  /**
   * Yields every 30 ms, so that a loop over data in memory does not starve timers, signals and the Stop button.
   * Called at every record.
   *
   * @throws the reason of the pass's signal when it is aborted
   */
  async yieldToEventLoop(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (this.#timer.due()) await this.#timer.yieldToEventLoop();
  }
}

/** Bytes of text in a record: a document's text, a conversation's contents, 0 for anything else. */
export function textBytes(value: unknown): number {
  const { text, messages } = (value ?? {}) as Partial<Document> & { messages?: { content: string }[] };
  if (typeof text === "string") return utf8Bytes(text);
  return Array.isArray(messages) ? messages.reduce((sum, { content }) => sum + utf8Bytes(content), 0) : 0;
}

/** What a packing counted: `facts.json` of its folder. */
export interface PackFacts {
  /** What was packed. */
  kind: "documents" | "conversations";
  /** How many of them. */
  documents: number;
  /** Their token ids, without padding. */
  tokens: number;
  /** UTF-8 bytes of text that is learned: of documents whole, of conversations the answers. */
  bytes: number;
  /** Conversations that were longer than a window, and the tokens cut off them. */
  cut: { conversations: number; tokens: number };
  /** What each step kept and dropped. */
  steps: StepCounts[];
}

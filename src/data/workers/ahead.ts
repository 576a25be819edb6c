/**
 * A pass that runs ahead of what its reader has seen: what the steps before a row of workers count and drop becomes known
 * record by record, as if nothing had been read ahead.
 *
 * @module
 */
import { Reading, type StepCounts } from "../reading.ts";

/** What was counted and dropped up to some record. */
export interface Mark {
  /** Copies of the counts. */
  counts: readonly (readonly [object, StepCounts])[];
  /** What was dropped since the mark before. */
  dropped: readonly (readonly [string, string, unknown])[];
}

/** A pass under another one. */
export class ReadAhead extends Reading {
  readonly #parent: Reading;
  readonly #own = new Map<object, StepCounts>();
  readonly #settled = new Map<object, StepCounts>();
  #ahead = false;
  #dropped: [string, string, unknown][] = [];

  /** A pass that what `parent` counts and drops comes from. Until `goAhead` it does so at once. */
  constructor(parent: Reading) {
    super({
      signal: parent.signal,
      workers: parent.workers,
      onReject: parent.onReject && ((...dropped) => {
        if (!this.#ahead) return parent.onReject!(...dropped);
        this.#dropped.push(dropped);
      }),
    });
    this.#parent = parent;
    parent.below.add(this);
  }

  /** From here on only `settle` tells the pass above. */
  goAhead(): void {
    this.flush();
    this.#ahead = true;
  }

  /** The counts of one plan in this pass alone. */
  override countsOf(plan: object, step: string): StepCounts {
    const counts = super.countsOf(plan, step);
    this.#own.set(plan, counts);
    return counts;
  }

  /** What is known now, to be told later. */
  mark(): Mark {
    for (const pass of this.below) pass.flush();
    const dropped = this.#dropped;
    this.#dropped = [];
    return { counts: [...this.#own].map(([plan, counts]) => [plan, copyOf(counts)] as const), dropped };
  }

  /** Tells the pass above what was known at `mark`. */
  async settle({ counts, dropped }: Mark): Promise<void> {
    this.#tell(counts);
    for (const one of dropped) await this.#parent.onReject?.(...one);
  }

  /** Tells the pass above all that is known, unless it runs ahead. */
  override flush(): void {
    super.flush();
    if (!this.#ahead) this.#tell([...this.#own].map(([plan, counts]) => [plan, copyOf(counts)] as const));
  }

  /** Ends it; what was not settled was never seen. */
  close(): void {
    this.flush();
    this.#parent.below.delete(this);
  }

  #tell(counts: Mark["counts"]): void {
    for (const [plan, now] of counts) {
      addDifference(this.#parent.countsOf(plan, now.step), now, this.#settled.get(plan));
      this.#settled.set(plan, now);
    }
  }
}

function copyOf({ step, kept, dropped, notes, bytes }: StepCounts): StepCounts {
  return { step, kept, dropped: { ...dropped }, notes: { ...notes }, bytes: { ...bytes } };
}

function addDifference(into: StepCounts, now: StepCounts, before?: StepCounts): void {
  into.kept += now.kept - (before?.kept ?? 0);
  for (const kind of ["dropped", "notes", "bytes"] as const) {
    const to: Record<string, number | string> = into[kind], was = before?.[kind];
    for (const [key, value] of Object.entries(now[kind])) {
      if (typeof value === "string") to[key] = value;
      else to[key] = Number(to[key] ?? 0) + value - Number(was?.[key] ?? 0);
    }
  }
}

/**
 * A pass that runs ahead of what its reader has seen: what the steps before a row of workers count and drop becomes known
 * record by record, as if nothing had been read ahead.
 *
 * @module
 */
import { Pass, type StepCounts } from "../plan/pass.ts";

/** What was counted and dropped up to some record. */
export interface Mark {
  /** Copies of the counts, in the order of the plans that count. */
  counts: readonly StepCounts[];
  /** What was dropped since the mark before. */
  dropped: readonly (readonly [string, string, unknown])[];
}

const nothing: Mark["dropped"] = [];

/** A pass under another one. */
export class ReadAhead extends Pass {
  readonly #parent: Pass;
  readonly #own = new Map<object, StepCounts>();
  #marked: readonly StepCounts[] = [];
  #settled: readonly StepCounts[] = [];
  #ahead = false;
  #dropped: [string, string, unknown][] = [];

  /** A pass that what `parent` counts and drops comes from. Until `goAhead` it does so at once. */
  constructor(parent: Pass) {
    super({
      signal: parent.signal,
      workers: parent.workers,
      onReject: parent.onReject && ((...dropped) => {
        if (!this.#ahead) return parent.onReject!(...dropped);
        this.#dropped.push(dropped);
      }),
    });
    this.#parent = parent;
    parent.children.add(this);
  }

  /** From here on only `settle` tells the pass above. */
  detach(): void {
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
    for (const pass of this.children) pass.flush();
    const dropped = this.#dropped.length ? this.#dropped : nothing;
    if (dropped !== nothing) this.#dropped = [];
    return { counts: this.#copies(), dropped };
  }

  /** Tells the pass above what was known at `mark`. */
  async settle({ counts, dropped }: Mark): Promise<void> {
    this.#tell(counts);
    for (const one of dropped) await this.#parent.onReject?.(...one);
  }

  /** Tells the pass above all that is known, unless it runs ahead. */
  override flush(): void {
    super.flush();
    if (!this.#ahead) this.#tell(this.#copies());
  }

  /** Ends it; what was not settled was never seen. */
  close(): void {
    this.flush();
    this.#parent.children.delete(this);
  }

  #copies(): readonly StepCounts[] {
    const before = this.#marked;
    return this.#marked = Array.from(this.#own.values(), (counts, i) => copyOf(counts, before[i]));
  }

  #tell(counts: Mark["counts"]): void {
    let i = 0;
    for (const plan of this.#own.keys()) {
      if (i === counts.length) break; // this plan has begun to count since
      addDifference(this.#parent.countsOf(plan, counts[i].step), counts[i], this.#settled[i]);
      i++;
    }
    this.#settled = counts;
  }
}

/** A copy, which shares with the copy before it what has not changed since: there is one for every record. */
function copyOf({ step, kept, dropped, notes, bytes }: StepCounts, before?: StepCounts): StepCounts {
  return {
    step,
    kept,
    dropped: copyUnlessSame(dropped, before?.dropped),
    notes: copyUnlessSame(notes, before?.notes),
    bytes: copyUnlessSame(bytes, before?.bytes),
  };
}

function copyUnlessSame<R extends Record<string, number | string>>(now: R, before: R | undefined): R {
  if (!before) return { ...now };
  for (const key in now) if (now[key] !== before[key]) return { ...now }; // keys are never taken away
  return before;
}

function addDifference(into: StepCounts, now: StepCounts, before?: StepCounts): void {
  into.kept += now.kept - (before?.kept ?? 0);
  for (const kind of ["dropped", "notes", "bytes"] as const) {
    const to: Record<string, number | string> = into[kind];
    const is = now[kind];
    const was = before?.[kind];
    if (is === was) continue;
    for (const [key, value] of Object.entries(is)) {
      if (typeof value === "string") to[key] = value;
      else to[key] = Number(to[key] ?? 0) + value - Number(was?.[key] ?? 0);
    }
  }
}

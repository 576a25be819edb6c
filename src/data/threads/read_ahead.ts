/**
 * A pass that reads ahead of its consumer. What the steps before it count and drop reaches the consumer's pass with the
 * record at which it happened, as if nothing had been read ahead.
 *
 * @module
 */
import { type OnReject, Pass, type StepCounts } from "../plan/pass.ts";

/** One number (or text) of a step's counts that changed. */
interface Change {
  readonly plan: object;
  readonly step: string;
  readonly field: "kept" | "dropped" | "notes" | "bytes";
  /** The key inside the field; empty for `kept`. */
  readonly key: string;
  /** The difference of a number; the new value of a text. */
  readonly by: number | string;
}

/** Everything that was counted and dropped between two records. */
export interface Progress {
  readonly changes: readonly Change[];
  readonly drops: readonly Parameters<OnReject>[];
}

const tables = ["dropped", "notes", "bytes"] as const;

/** A pass under the pass of its consumer. */
export class ReadAhead extends Pass {
  readonly #consumer: Pass;
  /** The counts of each plan, and a copy of them as they were at the last progress. */
  readonly #counts = new Map<object, { now: StepCounts; before?: StepCounts }>();
  #last: Progress = { changes: [], drops: [] };
  #drops: Parameters<OnReject>[] = [];
  #isDetached = false;

  /** Makes a pass for `consumer`. Until `detach` drops are told at once. */
  constructor(consumer: Pass) {
    const { signal, workers, unit, shared, onReject } = consumer;
    super({
      signal,
      workers,
      unit,
      shared,
      onReject: onReject && ((...drop) => {
        if (!this.#isDetached) return onReject(...drop);
        this.#drops.push(drop);
      }),
    });
    this.#consumer = consumer;
  }

  /** Begins to read ahead: from here on drops wait for `report`. */
  detach(): void {
    this.#isDetached = true;
  }

  /** Returns the counts of one plan in this pass alone. */
  override countsOf(plan: object, step: string): StepCounts {
    const known = this.#counts.get(plan);
    if (known) return known.now;
    if (!this.#isDetached) this.#consumer.countsOf(plan, step);
    const now = super.countsOf(plan, step);
    this.#counts.set(plan, { now });
    return now;
  }

  /** Before `detach`: tells the consumer's pass what was counted since the last call. */
  forward(): void {
    this.#apply(this.#changes());
  }

  /** Returns the progress since the last call. Equal ones share an object, since there is one per record. */
  take(): Progress {
    const changes = this.#changes();
    if (this.#drops.length) {
      const drops = this.#drops;
      this.#drops = [];
      return { changes, drops };
    }
    if (!isSame(changes, this.#last.changes)) this.#last = { changes, drops: [] };
    return this.#last;
  }

  /** Tells the consumer's pass a progress. */
  async report({ changes, drops }: Progress): Promise<void> {
    this.#apply(changes);
    for (const drop of drops) await this.#consumer.onReject?.(...drop);
  }

  /** Ends the pass. What was read ahead and not reported is as if it had never been read. */
  close(): void {
    if (!this.#isDetached) this.forward();
  }

  #changes(): Change[] {
    const changes: Change[] = [];
    for (const [plan, counts] of this.#counts) collectChanges(plan, counts, changes);
    return changes;
  }

  #apply(changes: readonly Change[]): void {
    for (const { plan, step, field, key, by } of changes) {
      const counts = this.#consumer.countsOf(plan, step);
      if (field === "kept") counts.kept += Number(by);
      else {
        const table: Record<string, number | string> = counts[field];
        table[key] = typeof by === "string" ? by : Number(table[key] ?? 0) + by;
      }
    }
  }
}

/** Appends the changes of one plan, and brings its copy up to date. Keys are never taken away. */
function collectChanges(
  plan: object,
  counts: { now: StepCounts; before?: StepCounts },
  changes: Change[],
): void {
  const { now } = counts;
  const { step } = now;
  const isNew = counts.before === undefined;
  const before = counts.before ??= { step, kept: 0, dropped: {}, notes: {}, bytes: {} };
  if (isNew || now.kept !== before.kept) {
    changes.push({ plan, step, field: "kept", key: "", by: now.kept - before.kept });
    before.kept = now.kept;
  }
  for (const field of tables) {
    const values: Record<string, number | string> = now[field];
    const old: Record<string, number | string> = before[field];
    for (const key in values) {
      const value = values[key];
      if (value === old[key]) continue;
      const by = typeof value === "string" ? value : value - Number(old[key] ?? 0);
      changes.push({ plan, step, field, key, by });
      old[key] = value;
    }
  }
}

function isSame(a: readonly Change[], b: readonly Change[]): boolean {
  return a.length === b.length &&
    a.every(({ plan, field, key, by }, i) =>
      plan === b[i].plan && field === b[i].field && key === b[i].key && by === b[i].by
    );
}

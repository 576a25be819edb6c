/**
 * A log of collectives: counts and bytes by label for plans and tests, and the newest ones for errors and traces.
 *
 * @module
 */
import { hash32 } from "./random.ts";

/** The kinds of collectives. */
export type CollectiveKind = "allGather" | "reduceScatter" | "allToAll" | "broadcast" | "barrier";

/** One collective of a rank. */
export interface CollectiveRecord {
  /** Number of the collective in its group, counted from 0. */
  index: number;
  /** Kind of the collective. */
  kind: CollectiveKind;
  /** Its purpose, such as `gradients`. */
  label: string;
  /** Bytes that this rank sends to others. */
  bytes: number;
  /** Milliseconds since the epoch at which it was asked for. */
  asked: number;
  /** Milliseconds since the epoch at which this rank's part of it began; undefined while it waits for its turn. */
  begin?: number;
  /** Milliseconds since the epoch at which it was over; undefined until then. */
  end?: number;
}

/** The sum over the collectives of one label. */
export interface CollectiveCount {
  /** Number of collectives. */
  count: number;
  /** Bytes that this rank sent to others in them. */
  bytes: number;
}

/** Records kept for errors and traces. [ours] */
const keptRecords = 256;

/** The kinds in which every rank sends as many bytes. */
const equalBytes: ReadonlySet<CollectiveKind> = new Set(["allGather", "reduceScatter", "barrier"]);

/** The collectives of a group so far. */
export class CollectiveLog {
  /** Counts and bytes by label. */
  readonly counts: Map<string, CollectiveCount> = new Map();
  #newest: CollectiveRecord[] = [];
  #next = 0;
  #hash = 0;
  #watchers = new Set<(record: CollectiveRecord) => void>();

  /** Adds a collective that was asked for just now; its caller sets `begin` and {@linkcode CollectiveLog.end}s it. */
  add(kind: CollectiveKind, label: string, bytes: number): CollectiveRecord {
    const asked = performance.timeOrigin + performance.now();
    const record: CollectiveRecord = { index: this.#next++, kind, label, bytes, asked };
    const sum = this.counts.get(label) ?? { count: 0, bytes: 0 };
    this.counts.set(label, { count: sum.count + 1, bytes: sum.bytes + bytes });
    this.#hash = hash32(`${kind} ${label} ${equalBytes.has(kind) ? bytes : ""}`, this.#hash);
    this.#newest.push(record);
    if (this.#newest.length > keptRecords) this.#newest.shift();
    return record;
  }

  /** Notes the end of a collective, which began at `begin`, and tells those who watch. */
  end(record: CollectiveRecord, begin: number, end: number): void {
    Object.assign(record, { begin, end });
    for (const watch of this.#watchers) watch(record);
  }

  /** Calls `watch` with each collective that is over from now on, until the returned function is called. */
  watch(watch: (record: CollectiveRecord) => void): () => void {
    this.#watchers.add(watch);
    return () => this.#watchers.delete(watch);
  }

  /** The newest 256 collectives, oldest first. */
  get newest(): readonly CollectiveRecord[] {
    return this.#newest;
  }

  /** Hash over kind, label and size of all collectives so far: equal on all ranks of a group that do the same. */
  get hash(): number {
    return this.#hash;
  }

  /** Number of collectives so far. */
  get size(): number {
    return this.#next;
  }

  /** Forgets the counts by label. */
  clear(): void {
    this.counts.clear();
  }
}

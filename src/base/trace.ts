/**
 * Times of a training step with several processes: its segments on the GPU, copies, exchanges, and waits.
 *
 * @module
 */
import type { CollectiveRecord } from "./collective_log.ts";
import type { Group } from "./exchange.ts";

/** A kind of work. `compute` is the GPU's; `exchange` runs beside it on the thread that talks to other ranks. */
export type TraceKind = "compute" | "copy" | "exchange" | "wait";

/** One piece of work. */
export interface TraceEvent {
  /** Its name, such as `segment 3` or the label of an exchange. */
  name: string;
  /** Its kind. */
  kind: TraceKind;
  /** Milliseconds since the epoch by the clock of rank 0, at which it began. */
  begin: number;
  /** The same for its end. */
  end: number;
  /** Bytes that an exchange sends to other ranks. */
  bytes?: number;
}

/** Events that a tracer keeps. [ours] */
const keptEvents = 20_000;

/** Collects the newest events of a rank. */
export class Tracer {
  #events: TraceEvent[] = [];
  /** Milliseconds by which the clock of this rank is ahead of that of rank 0. */
  #ahead = 0;

  /** Returns the time by the own clock. */
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  /** Adds work that began at `begin` and ended at `end` by the own clock. */
  add(kind: TraceKind, name: string, begin: number, end: number = this.now(), bytes?: number): void {
    this.#events.push({ name, kind, begin, end, ...bytes !== undefined && { bytes } });
    if (this.#events.length > 2 * keptEvents) this.#events = this.#events.slice(-keptEvents);
  }

  /** Adds a collective that is over. */
  addCollective({ label, begin = 0, end = 0, bytes }: CollectiveRecord): void {
    this.add("exchange", label, begin, end, bytes);
  }

  /** Compares the clocks of all ranks at a barrier. Every rank calls it. */
  async align(group: Group): Promise<void> {
    if (group.size === 1) return;
    await group.barrier("clocks");
    const own = this.now();
    const all = await group.allGather(new Uint8Array(Float64Array.of(own).buffer), "clocks");
    this.#ahead = own - new Float64Array(all.buffer)[0];
  }

  /** Returns the newest events by the clock of rank 0. */
  events(): TraceEvent[] {
    const ahead = this.#ahead;
    return this.#events.slice(-keptEvents)
      .map((event) => ({ ...event, begin: event.begin - ahead, end: event.end - ahead }));
  }
}

/** Returns the events of all ranks as Chrome's trace JSON, for chrome://tracing and Perfetto: a process per rank. */
export function chromeTrace(ranks: readonly (readonly TraceEvent[])[]): string {
  let start = Infinity; // a long run has more events than a call takes arguments
  for (const { begin } of ranks.flat()) start = Math.min(start, begin);
  const lanes: readonly TraceKind[] = ["compute", "copy", "exchange", "wait"];
  const names = ranks.flatMap((_, pid) => [
    { ph: "M", name: "process_name", pid, args: { name: `rank ${pid}` } },
    ...lanes.map((name, tid) => ({ ph: "M", name: "thread_name", pid, tid, args: { name } })),
  ]);
  const events = ranks.flatMap((all, pid) =>
    all.map(({ name, kind, begin, end, bytes }) => ({
      ph: "X",
      name,
      cat: kind,
      pid,
      tid: lanes.indexOf(kind),
      ts: Math.round((begin - start) * 1000),
      dur: Math.round((end - begin) * 1000),
      ...bytes !== undefined && { args: { bytes } },
    }))
  );
  return JSON.stringify({ traceEvents: [...names, ...events], displayTimeUnit: "ms" });
}

/**
 * Returns the share of the time of a rank's exchanges that lies under computation on its GPU, from 0 to 1; 0 where there are
 * no exchanges.
 *
 * @param label counts the exchanges of one label alone (default: all)
 */
export function overlapOf(events: readonly TraceEvent[], label?: string): number {
  const busy = joinedSpans(events.filter(({ kind }) => kind === "compute"));
  const exchanges = events
    .filter(({ kind, name }) => kind === "exchange" && (label === undefined || name === label))
    .sort((a, b) => a.begin - b.begin);
  let total = 0;
  let hidden = 0;
  let first = 0; // spans before it are over when an exchange begins
  for (const { begin, end } of exchanges) {
    total += end - begin;
    while (first < busy.length && busy[first].end <= begin) first++;
    for (let i = first; i < busy.length && busy[i].begin < end; i++) {
      hidden += Math.min(end, busy[i].end) - Math.max(begin, busy[i].begin);
    }
  }
  return total > 0 ? hidden / total : 0;
}

/** Joins spans of time that touch. */
function joinedSpans(
  events: readonly Pick<TraceEvent, "begin" | "end">[],
): { begin: number; end: number }[] {
  const spans: { begin: number; end: number }[] = [];
  for (const { begin, end } of [...events].sort((a, b) => a.begin - b.begin)) {
    const last = spans.at(-1);
    if (last && begin <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ begin, end });
  }
  return spans;
}

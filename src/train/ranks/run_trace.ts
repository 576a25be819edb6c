/**
 * The trace of a run: what each rank's device and exchanges did when, collected on rank 0 at the end of each stage.
 *
 * @module
 */
import { gatherValues, type Group } from "../../base/exchange.ts";
import { chromeTrace, overlapOf, type TraceEvent } from "../../base/trace.ts";

/** The part of a training step that knows when it did what. */
interface Traced {
  /** Returns the newest events of this rank. */
  trace(): TraceEvent[];
}

/** The trace of ranks that were launched, as they leave it in a file. */
export interface LaunchedTrace {
  /** Chrome's trace JSON of all ranks. */
  trace: string;
  /** Share of the time of exchanges that lay under computation, over all ranks. */
  overlap?: number;
}

/** The events of a run. */
export class RunTrace {
  /** Events of the stages that are over: of all ranks on rank 0, else of this rank alone. */
  #over: TraceEvent[][] = [];
  #current?: Traced;
  /** Chrome's trace JSON of ranks that were launched. */
  #launched?: string;
  /** Share of the time of exchanges that lay under computation, over all ranks; undefined before a stage is over. */
  overlap?: number;

  /** Follows a training step, where it has a trace. */
  follow(step: object): void {
    this.#current = "trace" in step ? step as Traced : undefined;
  }

  /** Collects the events of the step that was followed; every rank calls it. */
  async collect(world: Group): Promise<void> {
    const own = this.#current?.trace();
    this.#current = undefined;
    if (!own) return;
    const all = await gatherOnFirst(world, own);
    all.forEach((events, rank) => this.#over[rank] = [...this.#over[rank] ?? [], ...events]);
    if (world.size === 1) return;
    const shares = await gatherValues(world, overlapOf(this.#over[0]), "overlap");
    this.overlap = shares.reduce((a, b) => a + b, 0) / shares.length;
  }

  /** Takes over the trace of ranks that this process launched. */
  takeOver({ trace, overlap }: LaunchedTrace): void {
    this.#launched = trace;
    this.overlap = overlap;
  }

  /** Returns the events by rank as Chrome's trace JSON: of stages that are over, and of the present one of this rank. */
  chrome(): string {
    return this.#launched ?? chromeTrace(this.#events());
  }

  #events(): TraceEvent[][] {
    const all = this.#over.map((events) => [...events]);
    const current = this.#current?.trace() ?? [];
    if (current.length) all[0] = [...all[0] ?? [], ...current];
    return all;
  }
}

/** Returns the values of all ranks on rank 0, and the own value alone on the others. */
async function gatherOnFirst<T>(world: Group, value: T): Promise<T[]> {
  if (world.size === 1) return [value];
  const own = new TextEncoder().encode(JSON.stringify(value));
  const parts = Array.from({ length: world.size }, (_, rank) => rank === 0 ? own : new Uint8Array(0));
  const all = await world.allToAll(parts, "trace");
  if (world.rank > 0) return [value];
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T);
}

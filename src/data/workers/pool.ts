/**
 * The workers of this process: started when there is work that all others are too busy for, shared by whatever reads at the
 * same time, ended when the last reading is over. One that cannot start, or dies, costs nothing but speed: its batches are
 * judged on the main thread.
 *
 * @module
 */
import type { Document } from "../document.ts";
import type { Job, Outcome } from "./judged.ts";

/** Milliseconds without work after which the workers end, lest an iteration that nobody goes on with keep the process. [ours] */
const patience = 5000;

/** What a worker is sent: documents for a row of judges, which come along the first time; no documents, and it forgets them. */
export interface Request {
  /** Which row of judges. */
  row: number;
  /** The judges, when the worker does not know them. */
  jobs?: readonly Job[];
  /** Number of the batch. */
  batch: number;
  /** Its documents. */
  documents?: readonly Document[];
}

/** What it answers; without outcomes it has no such judges. */
export interface Answer {
  /** Number of the batch. */
  batch: number;
  /** One for each document. */
  outcomes?: Outcome[];
}

/** A row of judges at work. */
export interface Row {
  /** The outcomes of a batch; undefined when no worker could judge it. */
  judged(documents: readonly Document[]): Promise<Outcome[] | undefined>;
  /** Ends the work. */
  close(): void;
}

let current: Pool | undefined;

/** A row of judges on `most` workers at most. */
export function openRow(jobs: readonly Job[], most: number): Row {
  const pool = current ??= new Pool();
  return pool.open(jobs, most);
}

class Pool {
  #workers: Member[] = [];
  #rows = 0;
  #open = 0;
  #batches = 0;
  #most = 0;
  #broken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  open(jobs: readonly Job[], most: number): Row {
    const row = ++this.#rows;
    this.#open++;
    this.#most = Math.max(this.#most, most);
    return {
      judged: (documents) => this.#judged(row, jobs, documents),
      close: () => {
        for (const member of this.#workers) member.forget(row);
        if (--this.#open > 0) return;
        this.#end();
        current = undefined;
      },
    };
  }

  async #judged(
    row: number,
    jobs: readonly Job[],
    documents: readonly Document[],
  ): Promise<Outcome[] | undefined> {
    const member = this.#idlest();
    if (!member) return undefined;
    clearTimeout(this.#timer);
    try {
      return await member.ask(row, jobs, ++this.#batches, documents);
    } finally {
      if (this.#workers.every(({ busy }) => busy === 0) && this.#open > 0) this.#wait();
    }
  }

  /** The worker with the least to do; a new one when all have something. */
  #idlest(): Member | undefined {
    const alive = this.#workers = this.#workers.filter(({ dead }) => !dead);
    const idlest = alive.reduce<Member | undefined>((a, b) => a && a.busy <= b.busy ? a : b, undefined);
    if (this.#broken || alive.length >= this.#most || idlest?.busy === 0) return idlest;
    try {
      const member = new Member(() => this.#broken = true);
      this.#workers.push(member);
      return member;
    } catch {
      this.#broken = true; // workers are not allowed here
      return idlest;
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), patience);
  }

  #end(): void {
    clearTimeout(this.#timer);
    for (const member of this.#workers) member.end();
    this.#workers = [];
  }
}

/** One worker. */
class Member {
  dead = false;
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #rows = new Set<number>();
  readonly #waiting = new Map<number, (outcomes?: Outcome[]) => void>();

  constructor(onDeath: () => void) {
    this.#worker.onmessage = ({ data: { batch, outcomes } }: MessageEvent<Answer>) => {
      this.#waiting.get(batch)?.(outcomes);
      this.#waiting.delete(batch);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      onDeath();
      this.end();
    };
  }

  /** Batches it has not answered. */
  get busy(): number {
    return this.#waiting.size;
  }

  ask(row: number, jobs: readonly Job[], batch: number, documents: readonly Document[]): Promise<
    Outcome[] | undefined
  > {
    return new Promise((resolve) => {
      this.#waiting.set(batch, resolve);
      try {
        this.#send(this.#rows.has(row) ? { row, batch, documents } : { row, jobs, batch, documents });
        this.#rows.add(row);
      } catch {
        this.#waiting.delete(batch); // something in it cannot be copied
        resolve(undefined);
      }
    });
  }

  forget(row: number): void {
    if (this.#rows.delete(row) && !this.dead) this.#send({ row, batch: 0 });
  }

  end(): void {
    this.dead = true;
    this.#worker.terminate();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }
}

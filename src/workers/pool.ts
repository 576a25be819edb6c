/**
 * The workers of this process: started when there is work that all others are too busy for, shared by whatever reads at the
 * same time, ended when the last reading is over. One that cannot start, or dies, costs nothing but speed: its batches are
 * done on the main thread.
 *
 * @module
 */
import type { Job } from "../base/job.ts";

/** Milliseconds without work after which the workers end, lest an iteration that nobody goes on with keep the process. [ours] */
const patience = 5000;

/** What a worker is sent: items for a row, whose job comes along the first time; no items, and it forgets the row. */
export interface Request {
  /** Which row. */
  row: number;
  /** What makes the function that is asked, when the worker does not know it. */
  job?: Job;
  /** Number of the batch. */
  batch: number;
  /** Its items. */
  items?: readonly unknown[];
}

/** What it answers; without results it could not do it. */
export interface Answer {
  /** Number of the batch. */
  batch: number;
  /** One for each item. */
  results?: readonly unknown[];
}

/** A kind of work that workers are asked for. */
export interface WorkerStream<I, O> {
  /** The results of a batch; undefined when no worker could do it. */
  ask(items: readonly I[]): Promise<O[] | undefined>;
  /** Ends the work. */
  close(): void;
}

let current: Pool | undefined;

/** A row on `most` workers at most. Its job makes the function from items to results. */
export function openRow<I, O>(job: Job, most: number): WorkerStream<I, O> {
  const pool = current ??= new Pool();
  return pool.open(job, most) as WorkerStream<I, O>;
}

class Pool {
  #workers: Member[] = [];
  #rows = 0;
  #open = 0;
  #batches = 0;
  #most = 0;
  #broken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  open(job: Job, most: number): WorkerStream<unknown, unknown> {
    const row = ++this.#rows;
    this.#open++;
    this.#most = Math.max(this.#most, most);
    let open = true;
    return {
      ask: async (items) => open ? await this.#ask(row, job, items) : undefined,
      close: () => {
        if (!open) return;
        open = false;
        for (const member of this.#workers) member.forget(row);
        if (--this.#open > 0) return;
        this.#end();
        current = undefined;
      },
    };
  }

  async #ask(row: number, job: Job, items: readonly unknown[]): Promise<unknown[] | undefined> {
    const member = this.#idlest();
    if (!member) return undefined;
    clearTimeout(this.#timer);
    try {
      return await member.ask(row, job, ++this.#batches, items);
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
  readonly #waiting = new Map<number, (results?: unknown[]) => void>();

  constructor(onDeath: () => void) {
    this.#worker.onmessage = ({ data: { batch, results } }: MessageEvent<Answer>) => {
      this.#waiting.get(batch)?.(results as unknown[] | undefined);
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

  ask(row: number, job: Job, batch: number, items: readonly unknown[]): Promise<unknown[] | undefined> {
    return new Promise((resolve) => {
      this.#waiting.set(batch, resolve);
      try {
        this.#send(this.#rows.has(row) ? { row, batch, items } : { row, job, batch, items });
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
    if (this.dead) return;
    this.dead = true;
    this.#worker.terminate();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }
}

/**
 * The pool of worker threads of this process. Workers start when all others are too busy, are shared by everything that
 * runs at the same time, and end with the last stream of work. A worker that cannot start, or dies, costs nothing but
 * speed: its batches are done on the main thread.
 *
 * @module
 */
import type { Job } from "../base/job.ts";

/**
 * Milliseconds without work after which the workers end, so that an iteration that was begun and left does not keep the
 * process alive. [ours]
 */
const idleMilliseconds = 5000;

/** A message to a worker: a batch of items of a stream. Without items the worker forgets the stream. */
export interface Request {
  /** Number of the stream. */
  stream: number;
  /** Makes the function of the stream; sent with the first batch that a worker gets of it. */
  job?: Job;
  /** Number of the batch. */
  batch: number;
  /** Its items. */
  items?: readonly unknown[];
}

/** The answer of a worker. */
export interface Answer {
  /** Number of the batch. */
  batch: number;
  /** One result per item; missing when the worker could not do the batch. */
  results?: readonly unknown[];
}

/** One kind of work, from items to results, that workers do in batches. */
interface WorkerStream<I, O> {
  /** Returns the results of a batch; undefined when no worker could do it. */
  ask(items: readonly I[]): Promise<O[] | undefined>;
  /** Ends the work. */
  close(): void;
}

let current: Pool | undefined;

/** Opens a stream on at most `maxWorkers` workers. Its job makes the function from items to results. */
export function openStream<I, O>(job: Job, maxWorkers: number): WorkerStream<I, O> {
  const pool = current ??= new Pool();
  return pool.open(job, maxWorkers) as WorkerStream<I, O>;
}

class Pool {
  #workers: PoolWorker[] = [];
  #streams = 0;
  #openStreams = 0;
  #batches = 0;
  #maxWorkers = 0;
  /** True when a worker could not start or died. */
  #isBroken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  open(job: Job, maxWorkers: number): WorkerStream<unknown, unknown> {
    const stream = ++this.#streams;
    this.#openStreams++;
    this.#maxWorkers = Math.max(this.#maxWorkers, maxWorkers);
    let isOpen = true;
    return {
      ask: async (items) => isOpen ? await this.#ask(stream, job, items) : undefined,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        for (const worker of this.#workers) worker.forget(stream);
        if (--this.#openStreams > 0) return;
        this.#end();
        current = undefined;
      },
    };
  }

  async #ask(stream: number, job: Job, items: readonly unknown[]): Promise<unknown[] | undefined> {
    const worker = this.#idlest();
    if (!worker) return undefined;
    clearTimeout(this.#timer);
    try {
      return await worker.ask(stream, job, ++this.#batches, items);
    } finally {
      if (this.#workers.every(({ busy }) => busy === 0) && this.#openStreams > 0) this.#endWhenIdle();
    }
  }

  /** Returns the worker with the least to do; a new one when all have something. */
  #idlest(): PoolWorker | undefined {
    const alive = this.#workers = this.#workers.filter(({ isDead }) => !isDead);
    const idlest = alive.reduce<PoolWorker | undefined>((a, b) => a && a.busy <= b.busy ? a : b, undefined);
    if (this.#isBroken || alive.length >= this.#maxWorkers || idlest?.busy === 0) return idlest;
    try {
      const worker = new PoolWorker(() => this.#isBroken = true);
      this.#workers.push(worker);
      return worker;
    } catch {
      this.#isBroken = true; // workers are not allowed here
      return idlest;
    }
  }

  #endWhenIdle(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), idleMilliseconds);
  }

  #end(): void {
    clearTimeout(this.#timer);
    for (const worker of this.#workers) worker.end();
    this.#workers = [];
  }
}

/** One worker, and the batches that it has not answered. */
class PoolWorker {
  isDead = false;
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  /** The streams whose jobs the worker knows. */
  readonly #streams = new Set<number>();
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

  /** Batches that it has not answered. */
  get busy(): number {
    return this.#waiting.size;
  }

  ask(stream: number, job: Job, batch: number, items: readonly unknown[]): Promise<unknown[] | undefined> {
    return new Promise((resolve) => {
      this.#waiting.set(batch, resolve);
      try {
        this.#send(this.#streams.has(stream) ? { stream, batch, items } : { stream, job, batch, items });
        this.#streams.add(stream);
      } catch {
        this.#waiting.delete(batch); // something in it cannot be copied
        resolve(undefined);
      }
    });
  }

  forget(stream: number): void {
    if (this.#streams.delete(stream) && !this.isDead) this.#send({ stream, batch: 0 });
  }

  end(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#worker.terminate();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }
}

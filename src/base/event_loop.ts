/**
 * Yielding to the event loop during long loops, so that timers, the Stop button and a notebook's other cells run.
 *
 * @module
 */

/** A timer by which a long loop yields at regular intervals. */
export class YieldTimer {
  readonly #interval: number;
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  /**
   * Makes a timer for a loop that yields every `interval` milliseconds of work (default 80).
   *
   * @throws the reason of `signal` when it is already aborted
   */
  constructor({ interval = 80, signal }: { interval?: number; signal?: AbortSignal } = {}) {
    signal?.throwIfAborted();
    this.#interval = interval;
    this.#signal = signal;
  }

  /** Returns true when the interval has passed since the last yield. */
  due(): boolean {
    return performance.now() - this.#last >= this.#interval;
  }

  /**
   * Yields to all pending work of the event loop, timers included; takes about two milliseconds.
   *
   * @throws the reason of the signal when it is aborted
   */
  async yieldToEventLoop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
    this.#last = performance.now();
  }
}

/**
 * Long loops that stay polite: they let timers, the Stop button and a notebook's other cells run, and can be stopped.
 *
 * @module
 */

/** Milliseconds of work between two rests. */
const STRETCH = 80;

/** Tells a loop when to rest. */
export class Pace {
  #signal: AbortSignal | undefined;
  #since = performance.now();

  /** Throws the reason of an already aborted signal. */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /** True when it is time to rest. */
  due(): boolean {
    return performance.now() - this.#since > STRETCH;
  }

  /** Lets everything else run; throws the signal's reason if it was aborted. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

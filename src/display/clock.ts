/**
 * The clock of displays: the time, and calls after some time.
 *
 * @module
 */

/** The clock of a live display; tests pass their own. */
export interface Clock {
  /** Returns milliseconds since a fixed moment. */
  now(): number;
  /** Calls `fn` after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, fn: () => void): () => void;
}

/** The clock of the process; its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/**
 * A clock for displays in tests.
 *
 * @module
 */
import type { Clock } from "../../src/display/mod.ts";

/** A clock that moves only when told; timers fire in order as it passes them. */
export class FakeClock implements Clock {
  /** Milliseconds. */
  time = 0;
  #timers: { at: number; fn: () => void }[] = [];
  /** Returns the time. */
  now(): number {
    return this.time;
  }
  /** Calls `fn` when the clock has moved by `ms`. */
  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.time + ms, fn };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((t) => t !== timer);
  }
  /** Moves the clock by `ms`. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.time = next.at;
      next.fn();
    }
    this.time = end;
  }
  /** Moves the clock as if the thread were blocked: no timer fires. */
  block(ms: number): void {
    this.time += ms;
  }
  /** Number of timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }
}

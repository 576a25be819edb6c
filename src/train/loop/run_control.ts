/**
 * How a run is stopped and held up: asked once it finishes its step and saves, asked twice it breaks off.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { YieldTimer } from "../../base/event_loop.ts";

/** The handle between a run and its loop. */
export class RunControl {
  readonly #soft = new AbortController();
  readonly #hard = new AbortController();
  #resumed?: PromiseWithResolvers<void>;
  #steps = 0;
  readonly #timer = new YieldTimer({ interval: 50 });
  /** The reason of the caller's signal, once that was aborted. */
  reason?: { value: unknown };

  /** Aborted at the first stop: whatever can be left out is. */
  get stopping(): AbortSignal {
    return this.#soft.signal;
  }

  /** Aborted at the second stop: not even a checkpoint is finished. */
  get broken(): AbortSignal {
    return this.#hard.signal;
  }

  /** True while the run is held up. */
  get paused(): boolean {
    return this.#resumed !== undefined && !this.stopping.aborted;
  }

  /** Asks for the end; a second time breaks off. */
  stop(): void {
    if (this.stopping.aborted) {
      this.#hard.abort(new DOMException("The run was broken off by a second stop", "AbortError"));
    } else this.#soft.abort(new DOMException("The run was stopped", "AbortError"));
    this.#resumed?.resolve();
  }

  /** Stops when `signal` is aborted; the function that comes back forgets it. */
  follow(signal: AbortSignal | undefined): () => void {
    const abort = () => {
      this.reason ??= { value: signal!.reason };
      if (!this.stopping.aborted) this.stop();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    return () => signal?.removeEventListener("abort", abort);
  }

  /** Holds the run up before its next step. */
  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  /** Lets it go on. */
  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
    this.#steps = 0;
  }

  /** Lets `count` steps through and holds the run up again, or now where it was not held up. */
  step(count: number): void {
    const before = this.#resumed;
    this.#resumed = Promise.withResolvers();
    this.#steps += count;
    before?.resolve();
  }

  /**
   * Yields to other cells and the Stop button, and to timers, which take two milliseconds, every 50. Called before each
   * step.
   */
  async yieldToEventLoop(): Promise<void> {
    if (this.#timer.due()) await this.#timer.yieldToEventLoop();
    else await new Promise((resolve) => setImmediate(resolve));
    this.broken.throwIfAborted();
  }

  /** Waits while the run is held up. */
  async held(): Promise<void> {
    while (this.paused && this.#steps === 0) await this.#resumed!.promise;
    if (this.#steps > 0) this.#steps--;
    this.broken.throwIfAborted();
  }
}

/**
 * Stop and pause of a run: the first stop finishes the step and saves, the second one aborts.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { YieldTimer } from "../../base/event_loop.ts";
import type { RunCommand } from "../ranks/rank_messages.ts";

const stopReason = new DOMException("The run was stopped", "AbortError");

/** The controls of a run, shared by the run and its loop. */
export class RunControl {
  readonly #requesting = new AbortController();
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #timer = new YieldTimer({ interval: 50 });
  /** Settles when the pause ends; undefined while the run is not paused. */
  #pause?: PromiseWithResolvers<void>;
  /** Steps that a paused run may still take. */
  #allowedSteps = 0;
  #stops = 0;
  /** True once stops wait for {@linkcode RunControl.apply}. */
  #deferred = false;
  /** True while all ranks pause because one of them does. */
  held = false;
  /** Called with each command, for a run whose steps are taken by other processes. */
  onCommand?: (command: RunCommand) => void;
  /** Reason of the caller's signal, in a box because a reason may be undefined; unset until that signal aborts. */
  abortReason?: { value: unknown };

  /** Aborted by the first stop: evaluations, samples and measurements are left out from then on. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborted by the second stop: no checkpoint is written. */
  get aborting(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Aborted by the first stop on this rank, before the others know of it; equal to `stopping` in a single process. */
  get requested(): AbortSignal {
    return this.#requesting.signal;
  }

  /** Stops that were asked for on this rank: 0, 1 or 2. */
  get stops(): number {
    return this.#stops;
  }

  /** True while the run is paused. */
  get paused(): boolean {
    return (this.#pause !== undefined || this.held) && !this.stopping.aborted;
  }

  /** True while this rank wants no step to be taken. */
  get wantsPause(): boolean {
    return this.#pause !== undefined && this.#allowedSteps === 0;
  }

  /** Lets stops wait until all ranks know of them, and {@linkcode RunControl.apply} is called. */
  defer(): void {
    this.#deferred = true;
  }

  /** Stops the run after its step; the second call aborts it. */
  stop(): void {
    this.#stops = Math.min(2, this.#stops + 1);
    this.#requesting.abort(stopReason);
    this.#pause?.resolve();
    if (!this.#deferred) this.apply(this.#stops);
    this.onCommand?.({ verb: "stop" });
  }

  /** Stops the run as after `stops` calls of `stop`, on whichever rank they were made. */
  apply(stops: number): void {
    if (stops > 0) this.#stopping.abort(stopReason);
    if (stops > 1) {
      this.#aborting.abort(new DOMException("The run was aborted by a second stop", "AbortError"));
    }
  }

  /**
   * Stops the run when `signal` is aborted.
   *
   * @returns a function that removes the listener
   */
  stopOn(signal: AbortSignal | undefined): () => void {
    const abort = () => {
      this.abortReason ??= { value: signal!.reason };
      if (this.#stops === 0) this.stop();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    return () => signal?.removeEventListener("abort", abort);
  }

  /** Pauses the run before its next step. */
  pause(): void {
    this.#pause ??= Promise.withResolvers();
    this.onCommand?.({ verb: "pause" });
  }

  /** Ends the pause. */
  resume(): void {
    this.#pause?.resolve();
    this.#pause = undefined;
    this.#allowedSteps = 0;
    this.onCommand?.({ verb: "resume" });
  }

  /** Allows `count` more steps and then pauses; a run that was not paused is paused from now on. */
  step(count: number): void {
    const before = this.#pause;
    this.#pause = Promise.withResolvers();
    this.#allowedSteps += count;
    before?.resolve();
    this.onCommand?.({ verb: "step", count });
  }

  /**
   * Yields to other cells and the Stop button, and every 50 ms to timers too, which takes two milliseconds. Called
   * before each step.
   *
   * @throws {DOMException} "AbortError" once the run is aborted
   */
  async yieldToEventLoop(): Promise<void> {
    if (this.#timer.due()) await this.#timer.yieldToEventLoop();
    else await new Promise((resolve) => setImmediate(resolve));
    this.aborting.throwIfAborted();
  }

  /**
   * Waits until the run may take a step.
   *
   * @throws {DOMException} "AbortError" once the run is aborted
   */
  async waitWhilePaused(): Promise<void> {
    while (this.paused && this.#allowedSteps === 0) await this.#pause!.promise;
    this.takeStep();
    this.aborting.throwIfAborted();
  }

  /** Counts a step that a paused run was allowed to take. */
  takeStep(): void {
    if (this.#allowedSteps > 0) this.#allowedSteps--;
  }
}

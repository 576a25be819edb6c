/**
 * Interrupts: the Stop button of a notebook and Ctrl-C in a terminal are both SIGINT, which the newest handler receives.
 *
 * A SIGINT without a listener ends a notebook kernel (denoland/deno issue 24491). In a notebook the listener therefore
 * stays for the life of the process; elsewhere it exists only while work runs, so that Ctrl-C keeps its usual effect.
 *
 * @module
 */
import { inNotebook } from "./display.ts";

/** A handler, called with 1 at the first interrupt (finish and save), 2 at the second (stop now), and so on. */
export type InterruptHandler = (count: number) => void;

/** The functions of the process that this module needs; tests pass their own. */
interface Signals {
  /** Returns true where the listener has to stay for the life of the process. */
  notebook(): boolean;
  /** Adds a listener. */
  listen(fn: () => void): void;
  /** Removes a listener. */
  ignore(fn: () => void): void;
  /** Ends the process. */
  exit(code: number): void;
}

const ownProcess: Signals = {
  notebook: inNotebook,
  listen: (fn) => Deno.addSignalListener("SIGINT", fn),
  ignore: (fn) => Deno.removeSignalListener("SIGINT", fn),
  exit: (code) => Deno.exit(code),
};

/** The stack of handlers of running work, newest last. */
export class Interrupts {
  readonly #signals: Signals;
  readonly #running: { handler: InterruptHandler; count: number }[] = [];
  #listening = false;

  /** Makes an empty stack without a listener. */
  constructor(signals: Signals) {
    this.#signals = signals;
  }

  /** Adds the listener in a notebook; elsewhere does nothing. */
  arm(): void {
    if (this.#signals.notebook()) this.#listen();
  }

  /** Puts `handler` on top of the stack; the returned function removes it. */
  on(handler: InterruptHandler): () => void {
    const entry = { handler, count: 0 };
    this.#running.push(entry);
    this.#listen();
    return () => {
      const i = this.#running.indexOf(entry);
      if (i >= 0) this.#running.splice(i, 1);
      if (this.#running.length === 0 && !this.#signals.notebook()) this.#ignore();
    };
  }

  #listen(): void {
    if (!this.#listening) this.#signals.listen(this.#interrupt);
    this.#listening = true;
  }

  #ignore(): void {
    if (this.#listening) this.#signals.ignore(this.#interrupt);
    this.#listening = false;
  }

  #interrupt = (): void => {
    const entry = this.#running.at(-1);
    if (!entry) return console.log("Nothing is running.");
    entry.count++;
    // A third interrupt outside a notebook ends the process, since its handler may hang.
    if (entry.count > 2 && !this.#signals.notebook()) return this.#signals.exit(130);
    try {
      entry.handler(entry.count);
    } catch (error) {
      console.error("The interrupt handler failed:", error);
    }
  };
}

const interrupts = new Interrupts(ownProcess);

/** Keeps a notebook kernel alive when Stop is pressed and no work runs. `mod.ts` calls it; elsewhere it does nothing. */
export function armInterrupt(): void {
  interrupts.arm();
}

/**
 * Registers the handler of work that starts now. Of several handlers the newest receives the interrupt. The returned
 * function removes the handler and must be called when the work has ended; a second call has no effect.
 *
 * ```ts
 * import { onInterrupt } from "@llamero/sdk/display";
 *
 * let stopped = false;
 * const remove = onInterrupt(() => stopped = true);
 * try {
 *   for (let step = 1; step <= 20 && !stopped; step++) {
 *     await new Promise((resolve) => setTimeout(resolve, 5));
 *   }
 * } finally {
 *   remove();
 * }
 * ```
 */
export function onInterrupt(handler: InterruptHandler): () => void {
  return interrupts.on(handler);
}

/**
 * Runs `work` with a signal. In a notebook, without a signal of the caller, it is one that the Stop button aborts with an
 * `AbortError`. Otherwise it is the caller's signal, and Ctrl-C keeps its usual effect.
 */
export async function interruptible<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
  on: (handler: InterruptHandler) => () => void = onInterrupt,
  notebook: () => boolean = inNotebook,
): Promise<T> {
  if (signal || !notebook()) return await work(signal);
  const stop = new AbortController();
  const off = on(() => stop.abort(new DOMException("Stopped", "AbortError")));
  try {
    return await work(stop.signal);
  } finally {
    off();
  }
}

/**
 * The Stop button of a notebook and Ctrl-C of a terminal: both are SIGINT, and the newest running thing gets it.
 *
 * A notebook kernel dies of a SIGINT that nobody listens to (denoland/deno issue 24491), so in a notebook the
 * listener is armed for good; elsewhere it exists only while something runs, and Ctrl-C stays what it was.
 *
 * @module
 */
import { inNotebook } from "./display.ts";

/** Called with 1 at the first interrupt (finish and save), 2 at the second (stop now), and so on. */
export type InterruptHandler = (count: number) => void;

/** The process as this module needs it; tests give their own. */
export interface Signals {
  /** True where the listener has to stay for good. */
  notebook(): boolean;
  /** Starts to listen. */
  listen(fn: () => void): void;
  /** Stops listening. */
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

/** The handlers of what is running, newest last. */
export class Interrupts {
  readonly #signals: Signals;
  readonly #running: { handler: InterruptHandler; count: number }[] = [];
  #listening = false;

  /** Nothing runs and nothing listens yet. */
  constructor(signals: Signals) {
    this.#signals = signals;
  }

  /** In a notebook, listens from now on; elsewhere does nothing. */
  arm(): void {
    if (this.#signals.notebook()) this.#listen();
  }

  /** Puts `handler` on top; the function it returns takes it away again. */
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
    // Someone who presses a third time outside a notebook wants the process gone, whatever hangs in it.
    if (entry.count > 2 && !this.#signals.notebook()) return this.#signals.exit(130);
    try {
      entry.handler(entry.count);
    } catch (error) {
      console.error("The interrupt handler failed:", error);
    }
  };
}

const interrupts = new Interrupts(ownProcess);

/** Keeps the kernel alive when Stop is pressed and nothing runs. `mod.ts` calls it; outside notebooks it does nothing. */
export function armInterrupt(): void {
  interrupts.arm();
}

/**
 * Registers what an interrupt does to something that starts to run now. While several run, the newest gets it. The
 * function that comes back must be called when it has ended; calling it twice is harmless.
 *
 * ```ts
 * const controller = new AbortController();
 * const off = onInterrupt((count) => count === 1 ? finishAndSave() : controller.abort());
 * try {
 *   await work(controller.signal);
 * } finally {
 *   off();
 * }
 * ```
 */
export function onInterrupt(handler: InterruptHandler): () => void {
  return interrupts.on(handler);
}

/**
 * Runs `work` so that Stop ends it: in a notebook with no `signal` of the caller's, `work` gets one that Stop aborts,
 * and then rejects with an `AbortError`. Elsewhere it gets the caller's, and Ctrl-C stays what it was.
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

/**
 * The processor time of this process, watched by a thread of its own while the main thread runs a program.
 *
 * Processor time does not grow while other programs have the processor, so a loaded machine changes no verdict. The thread
 * first raises a flag, which Python's loop asks for. A program that does not get there (a long call inside C) is ended by
 * the host, to which the thread then writes a line with the number of the program.
 *
 * @module
 */
import process from "node:process";

/** Milliseconds between two looks at the processor time. */
const TICK = 20;

/** Milliseconds of processor time after the limit at which the host is asked to end this process. */
const GRACE = 500;

/** The program of the thread, a module in the form of an address: a file would have to be readable. */
const thread = `
  import process from "node:process";
  onmessage = ({ data: { flags, limit, tick, grace } }) => {
    for (;;) {
      Atomics.wait(flags, 0, 0);
      const number = Atomics.load(flags, 0);
      let told = false;
      while (number > 0 && Atomics.load(flags, 0) === number) {
        const { user, system } = process.cpuUsage();
        const over = (user + system) / 1000 - limit[0];
        if (over > 0) Atomics.store(flags, 1, number);
        if (over > grace && !told) {
          told = true;
          Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ stuck: number }) + "\\n"));
        }
        Atomics.wait(flags, 0, number, tick);
      }
    }
  };`;

/** A stopwatch of processor time with a limit. */
export class ProcessorTime {
  readonly #flags = new Int32Array(new SharedArrayBuffer(8));
  readonly #limit = new Float64Array(new SharedArrayBuffer(8));
  #start = 0;
  #number = 0;

  /** Starts the thread. */
  constructor() {
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(thread)}`, { type: "module" });
    worker.postMessage({ flags: this.#flags, limit: this.#limit, tick: TICK, grace: GRACE });
  }

  /** True when the limit has been reached since the last `begin`. */
  get isOver(): boolean {
    return Atomics.load(this.#flags, 1) === this.#number;
  }

  /** Begins to watch the next program, with a limit in milliseconds. */
  begin(milliseconds: number): void {
    this.#number++;
    this.#start = now();
    this.#limit[0] = this.#start + milliseconds;
    Atomics.store(this.#flags, 0, this.#number);
    Atomics.notify(this.#flags, 0);
  }

  /** Ends the watch and returns the milliseconds that were used. */
  end(): number {
    Atomics.store(this.#flags, 0, 0);
    Atomics.notify(this.#flags, 0);
    return now() - this.#start;
  }
}

/** Returns the processor time of this process in milliseconds. */
function now(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

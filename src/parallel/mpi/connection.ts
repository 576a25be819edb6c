/**
 * The main thread's side of the thread that calls MPI: commands go out, answers come back in the same order.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { LlameroError } from "../../base/errors.ts";
import { RankError } from "../../base/exchange.ts";
import {
  type Answer,
  type Command,
  type GroupPlace,
  type Packed,
  packMessage,
  type Result,
  type ThreadData,
  unpackMessage,
} from "./thread_messages.ts";

/** A command that is not answered yet. */
export interface Waiting {
  /** The command; undefined while the thread joins the world. */
  command?: Command;
  /** Milliseconds, of `performance.now()`, at which it was asked for. */
  asked: number;
}

interface Pending extends Waiting {
  settled: PromiseWithResolvers<Answer>;
}

/** Milliseconds between two looks at a collective that waits. [ours] */
const lookEvery = 250;

/** The thread that calls MPI, as the main thread sees it. */
export class Connection {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #look: (waiting: Waiting, seconds: number) => void;
  /** The moment of the last answer: the command behind it did not wait for other ranks before. */
  #lastAnswer = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #next = 0;
  #comms = 1;

  /**
   * Starts the thread.
   *
   * @param look is called at regular intervals with the command that waits for other ranks, and the seconds of its waiting
   */
  constructor(data: ThreadData, look: (waiting: Waiting, seconds: number) => void) {
    this.#look = look;
    this.#worker = new Worker(threadAddress(), { workerData: data });
    this.#worker.unref(); // it would keep the process alive for ever; the timer does so while a command waits
    this.#worker.on("message", (message: Packed<Answer>) => this.#settle(unpackMessage(message)));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new LlameroError("The thread that calls MPI has ended")));
  }

  /** Waits until the thread has joined the world; resolves with the place of this rank in it. */
  async join(): Promise<GroupPlace> {
    return resultOf(await this.#wait(-1, undefined)).place!;
  }

  /** Sends a command with buffers that move to the thread, and resolves with its answer. */
  async ask(
    command: Omit<Command, "id">,
    move: ArrayBuffer[] = [],
  ): Promise<Result & { begin: number; end: number }> {
    const id = this.#next++;
    const full: Command = { id, ...command };
    const answer = this.#wait(id, full);
    this.#worker.postMessage(packMessage(full), move);
    return resultOf(await answer);
  }

  /** Returns the number of a new communicator. */
  newComm(): number {
    return this.#comms++;
  }

  /** True while a command is not answered. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  #wait(id: number, command: Command | undefined): Promise<Answer> {
    const settled = Promise.withResolvers<Answer>();
    this.#pending.set(id, { command, asked: performance.now(), settled });
    if (command?.kind !== "failed") this.#timer ??= setInterval(() => this.#lookAtFirst(), lookEvery);
    return settled.promise;
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    this.#pending.delete(answer.id);
    this.#lastAnswer = performance.now();
    this.#rest();
    pending.settled.resolve(answer);
  }

  #fail(error: Error): void {
    for (const { settled } of this.#pending.values()) settled.reject(error);
    this.#pending.clear();
    this.#rest();
  }

  /** Lets the process end where nobody waits for an answer; for that to a failure nobody does. */
  #rest(): void {
    if ([...this.#pending.values()].some(({ command }) => command?.kind !== "failed")) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookAtFirst(): void {
    const [first] = this.#pending.values();
    if (!first) return;
    this.#look(first, (performance.now() - Math.max(first.asked, this.#lastAnswer)) / 1000);
  }
}

/** Returns an answer; throws its failure here, where the stack shows who asked. */
function resultOf(answer: Answer): Answer {
  const { error } = answer;
  if (!error) return answer;
  throw error.failedRank === undefined
    ? new LlameroError(error.message)
    : new RankError(error.message, error.failedRank);
}

/** Returns the address of the thread's module; workers of Node take no web address, but a module that imports one. */
function threadAddress(): URL {
  const address = new URL("./mpi_thread.ts", import.meta.url);
  if (address.protocol === "file:") return address;
  return new URL(`data:text/javascript,import ${encodeURIComponent(JSON.stringify(address.href))}`);
}

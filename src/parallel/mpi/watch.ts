/**
 * The end of a rank: a clean one leaves the world, any other takes all ranks with it and says so once.
 *
 * A launcher ends the other ranks of a job only where one ends with an error, and some wait for ever: MPICH calls a job a
 * success in which a rank left early with exit code 0.
 *
 * @module
 */
import { join } from "node:path";
import { shownElsewhere } from "../../base/together.ts";
import { hostName } from "../environment.ts";
import { describeCollective } from "../disagreement.ts";
import { currentRun, defaultTimeout, newestRun } from "../run_guard.ts";
import { Communicator } from "./communicator.ts";
import type { Waiting } from "./connection.ts";
import type { Command } from "./thread_messages.ts";
import type { Distress } from "./distress.ts";
import type { Mpi } from "./mpi.ts";
import type { MpiGroup } from "./mpi_group.ts";
import type { Launcher } from "../launcher.ts";
import { endedRanks, runningRanks } from "./neighbours.ts";

/**
 * Milliseconds that other ranks than the first wait before they show an error: where all ranks have the same, that of the
 * first is shown and the others are ended meanwhile. [ours]
 */
const courtesy = 1000;

/** Milliseconds between a message and the end: launchers drop what is still on its way then. [ours] */
const flush = 500;

/** Milliseconds by which a rank that gives up waiting lets the rank before it go first. [ours] */
const turn = 700;

/** Seconds of waiting for the world after which a rank looks, at each such interval, for neighbours that have ended. [ours] */
const lookAround = 2;

/** Watches over the end of this rank. */
export class Watch {
  /** The world, once it is joined. */
  world?: MpiGroup;
  /** Returns true while a collective is not over. */
  busy: () => boolean = () => false;
  /** The messages of ranks that wait, where they can be sent. */
  distress?: Distress;
  readonly #mpi: Mpi;
  readonly #launcher: Launcher;
  readonly #rank: number;
  #isOver = false;
  #looks = 0;
  #seen?: string;

  /** Makes the watch of a rank, which calls `mpi` from the main thread. */
  constructor(mpi: Mpi, launcher: Launcher) {
    this.#mpi = mpi;
    this.#launcher = launcher;
    this.#rank = launcher.rank;
  }

  /** Listens to the end of the process and to errors that nobody caught. */
  listen(): void {
    addEventListener("unload", () => this.#leave());
    addEventListener("error", (event) => this.#uncaught(event, event.error));
    addEventListener("unhandledrejection", (event) => this.#uncaught(event, event.reason));
  }

  /** Ends all ranks where a collective has waited too long for the others. */
  look({ command }: Waiting, seconds: number): void {
    if (!command) this.#lookForNeighbours(seconds);
    const timeout = currentRun()?.timeout ?? defaultTimeout;
    if (command && seconds >= timeout / 2) this.distress?.tell(command.id, command, command.kind);
    if (seconds < timeout) return;
    sleep(turn * Math.min(this.#rank, 8)); // so that one of the ranks that give up at the same time shows it
    const place = command ? describeCollective(command) : "the start, where all ranks meet";
    const others = command && this.distress ? this.#others(command, this.distress) : "";
    this.end(
      `waited ${
        seconds.toFixed(0)
      } s for other ranks in ${place}${others}. All ranks end now (time-out: ${timeout} s)`,
    );
  }

  /** Ends this rank where another one of its host has ended without joining the world; two looks must agree on it. */
  #lookForNeighbours(seconds: number): void {
    if (seconds < lookAround * (this.#looks + 1)) return;
    this.#looks++;
    const running = runningRanks(this.#launcher);
    const ended = endedRanks(this.#launcher, running);
    const isCertain = ended !== undefined && ended === this.#seen;
    this.#seen = ended;
    if (!isCertain || this.#isOver) return;
    this.#isOver = true;
    if (running![0] === this.#rank) {
      console.error(
        `[rank ${this.#rank}, host ${hostName()}] ${ended} ended (an error, Deno.exit, or a script that is over) before the start, ` +
          `where all ranks meet. Every rank must run the same script. All ranks end now`,
      );
    }
    sleep(2 * lookAround * 1000); // one rank of the host has shown it; the others find it meanwhile
    this.#abort(1);
  }

  /** Returns words for the ranks that have not said that they wait, and for those that wait elsewhere. */
  #others(own: Command, distress: Distress): string {
    const places = [...distress.hear(own.id)];
    const name = (rank: number) => `rank ${rank}, host ${this.world!.hosts[rank]}`;
    const silent = places.flatMap(([rank, place]) => place ? [] : [name(rank)]);
    const elsewhere = places.flatMap(([rank, place]) =>
      place && (place.kind !== own.kind || place.label !== own.label)
        ? [`${name(rank)} waits in ${describeCollective(place)}`]
        : []
    );
    return listed("; nothing was heard of", silent) + listed(";", elsewhere);
  }

  /** Shows a message with rank and host, keeps the newest collectives, and ends all ranks. */
  end(message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    console.error(`[rank ${this.#rank}, host ${hostName()}] ${message}`);
    this.#keepNewest();
    sleep(flush);
    this.#abort(1);
  }

  #leave(): void {
    if (this.#isOver) return;
    if (currentRun() || this.busy()) {
      const what = currentRun() ? "a run was on" : "a collective was not over";
      return this.end(
        `the process ended while ${what} (Deno.exit?), so that the other ranks would wait for ever`,
      );
    }
    this.#isOver = true;
    if (Deno.exitCode !== 0) return this.#abort(Deno.exitCode);
    if (!this.world) return;
    const world = new Communicator(this.#mpi, this.#mpi.handles.world, 0);
    if (world.leave()) return this.#mpi.finalize();
    sleep(3 * courtesy); // the rank that waits for this one shows its error meanwhile
    this.#abort(1);
  }

  #uncaught(event: Event, error: unknown): void {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (this.#isOver) return;
    if (shownElsewhere(error)) sleep(3 * courtesy); // the other rank shows it meanwhile
    else if (this.#rank > 0) sleep(courtesy);
    this.end(`error: ${textOf(error)}`);
  }

  #keepNewest(): void {
    const folder = newestRun()?.folder;
    if (folder === undefined || !this.world) return;
    const file = join(folder, `collectives-${this.#rank}.json`);
    const lines = this.world.log.newest.map((record) => JSON.stringify(record));
    try {
      Deno.writeTextFileSync(file, `[\n${lines.join(",\n")}\n]\n`);
      console.error(`[rank ${this.#rank}, host ${hostName()}] its newest collectives are in ${file}`);
    } catch {
      // the folder is gone or full: the message above has said what matters
    }
  }

  /** Ends all ranks; before the world is joined, this one alone, whose exit code the launcher sees. */
  #abort(code: number): void {
    if (this.world) this.#mpi.abort(code);
    Deno.exit(code);
  }
}

/** Returns a few names behind their introduction. */
function listed(introduction: string, names: readonly string[]): string {
  const more = names.length > 8 ? `; and ${names.length - 8} more` : "";
  return names.length === 0 ? "" : `${introduction} ${names.slice(0, 8).join("; ")}${more}`;
}

/** Returns the stack of an error and of its causes, as Deno shows them. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return Deno.inspect(error, { colors: false });
  const cause = error.cause === undefined ? "" : `\nCaused by: ${textOf(error.cause)}`;
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`;
}

/** Waits on this thread, which has nothing else to do any more. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * The pieces of a part's work that failed: they hold back no other piece, and are told when the part ends.
 *
 * @module
 */
import { DataError, LlameroError } from "../../base/errors.ts";
import type { PartOfJob } from "./input_units.ts";

/** Failures after which a part ends where no piece has been done: the plan or the disk is at fault then. [ours] */
const maxFailures = 3;

/** The pieces of a part that failed, such as units of input. */
export class Failures {
  readonly #all: { error: unknown; name: string }[] = [];

  /** Keeps the error of a piece; throws it where nothing can be done. `done` is the number of pieces that were done. */
  add(error: unknown, name: string, done: number): void {
    this.#all.push({ error, name });
    if (done === 0 && this.#all.length === maxFailures) throw named(this.#all[0]);
  }

  /** Throws the error of the one piece that failed, or one that names all. */
  check({ part, of }: PartOfJob, pieces: number): void {
    if (this.#all.length === 0) return;
    const [first] = this.#all;
    if (this.#all.length === 1) throw named(first);
    const shown = this.#all.slice(0, 5).map(({ error, name }) => `${name} (${messageOf(error)})`);
    throw new DataError(
      `Cannot do ${this.#all.length} of ${pieces} units of part ${part} of ${of}: ${shown.join("; ")}; ` +
        "run the part again, which skips what is done",
      { cause: first.error },
    );
  }
}

/** Returns an error of ours as it is; one of the system, such as of a full disk, does not tell what it is about. */
function named({ error, name }: { error: unknown; name: string }): unknown {
  if (error instanceof LlameroError) return error;
  return new DataError(
    `Cannot do ${name}: ${messageOf(error)}; run the part again, which skips what is done`,
    {
      cause: error,
    },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

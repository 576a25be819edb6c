/**
 * Record of the rows of a task's data that are not as published: one of them never ends an evaluation, and each of them
 * is counted and named.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import type { SourceLocation } from "../../data/document.ts";

/**
 * The consequence for the number: a row that cannot be read is `left out` of n, a question that no answer can get right
 * counts as `wrong`, any other odd row is `asked` as it is, one that repeats the question of another is `asked once` with it,
 * and an unusable example is `not drawn`.
 */
export type OddRowEffect = "left out" | "wrong" | "asked" | "asked once" | "not drawn";

/** A row that is not as published. */
export interface OddRow {
  /** File that holds it; undefined for a row of a dataset. */
  file?: string;
  /** Its line, counted from 1. */
  line?: number;
  /** The problem, with the name of the field. */
  problem: string;
  /** The consequence. */
  effect: OddRowEffect;
}

/** The odd rows of one run of a task. */
export class OddRows {
  readonly #rows: OddRow[] = [];

  /** All of them, in the order in which they were met. */
  get all(): readonly OddRow[] {
    return this.#rows;
  }

  /** Number of rows that are left out or count as wrong. */
  get unusable(): number {
    return this.#rows.filter(isUnusable).length;
  }

  /** Adds a row at a place. */
  add(problem: string, effect: OddRowEffect, { file, line }: SourceLocation = {}): void {
    this.#rows.push({
      ...file === undefined ? {} : { file },
      ...line === undefined ? {} : { line },
      problem,
      effect,
    });
  }

  /** Adds the row that an error names. */
  addError(error: DataError, effect: OddRowEffect): void {
    this.add(withoutPlace(error), effect, error);
  }

  /**
   * Checks that most rows can be used: at least half of those met since the `from`-th odd one.
   *
   * @throws {DataError} when more than half cannot be used; it names the first one
   */
  check(task: string, usable: number, from = 0): void {
    const odd = this.#rows.slice(from);
    const unusable = odd.filter(({ effect }) => effect !== "asked" && effect !== "asked once");
    const wrong = odd.filter(({ effect }) => effect === "wrong").length; // among the usable ones
    const rows = usable + unusable.length - wrong;
    if (unusable.length === 0 || 2 * unusable.length <= rows) return;
    const [{ file, line, problem }] = unusable;
    const share = rows > 1 ? `; ${unusable.length} of ${rows} rows cannot be used for "${task}"` : "";
    throw new DataError(problem + share, { file, line });
  }
}

/** Returns true for a row that is left out or counts as wrong. */
export function isUnusable({ effect }: OddRow): boolean {
  return effect === "left out" || effect === "wrong";
}

/** Writes an odd row in one line: its place, its problem. */
export function oddRowText({ file, line, problem }: OddRow): string {
  const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
  return place + problem;
}

/** Returns the message of an error without the place that its class puts in front. */
function withoutPlace({ message, file, line }: DataError): string {
  const place = oddRowText({ file, line, problem: "", effect: "asked" });
  return message.startsWith(place) ? message.slice(place.length) : message;
}

/**
 * The display that work belongs to. Work inside of work has no display of its own: it is a note in the outer one. The bond
 * is the asynchronous context, so that work which merely runs at the same time, as in another cell, keeps its own.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";
import type { Sink } from "./live_update.ts";

/** A display that shows what goes on inside of its work. */
export interface DisplayOwner {
  /** False once the display has ended. */
  readonly open: boolean;
  /** Shows `text` beside its own until the next call; without `text` it shows its own alone. An empty text is not shown. */
  note(text?: () => string): void;
}

/** A place for displays in the stead of the notebook, terminal or pipe of the process. */
export interface DisplayPlace {
  /** Sink of every display. */
  sink?: Sink;
  /** Clock of every display. */
  clock?: Clock;
}

interface Surroundings {
  place: DisplayPlace;
  owner?: DisplayOwner;
  outer?: Surroundings;
}

const surroundings = new AsyncLocalStorage<Surroundings>();

/**
 * Runs `work` with all its displays in `place`, for tests and for programs with a screen of their own.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk";
 * import { displayIn, pipeSink } from "@llamero/sdk/display";
 *
 * const lines: string[] = [];
 * await displayIn({ sink: pipeSink((line) => lines.push(line)) }, () => Dataset.sample("moby-dick").stats());
 * ```
 */
export function displayIn<T>(place: DisplayPlace, work: () => T): T {
  return surroundings.run({ place }, work);
}

/** Returns the place of the displays of this work: empty, unless {@linkcode displayIn} set one. */
export function displayPlace(): DisplayPlace {
  return surroundings.getStore()?.place ?? {};
}

/** Runs `work` as the work of `owner`, which shows as notes what would otherwise be displays. */
export function withOwner<T>(owner: DisplayOwner, work: () => T): T {
  return surroundings.run({ place: displayPlace(), owner, outer: surroundings.getStore() }, work);
}

/** Returns the innermost display around this work that has not ended; undefined where there is none. */
export function displayOwner(): DisplayOwner | undefined {
  for (let at = surroundings.getStore(); at; at = at.outer) {
    if (at.owner?.open) return at.owner;
  }
}

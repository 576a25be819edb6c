/**
 * The guard of a run: while it is on, a process that ends takes all ranks with it, and collectives have a time-out.
 *
 * @module
 */

/** Settings of {@linkcode guardRun}. */
export interface GuardOptions {
  /** Seconds after which a collective that other ranks do not join ends all ranks. Default 600. */
  timeout?: number;
  /** Folder for the newest collectives of a rank that ends all ranks, as `collectives-<rank>.json`. Default: none. */
  folder?: string;
  /** Returns the step of the run, for messages. */
  step?: () => number;
}

/** Seconds that a collective waits for other ranks unless a run says otherwise. [ours] */
export const defaultTimeout = 600;

const guards = new Set<GuardOptions>();

let newest: GuardOptions | undefined;

/** Says that a run is on, until the returned function is called. */
export function guardRun(options: GuardOptions = {}): () => void {
  const own = { ...options };
  guards.add(own);
  newest = own;
  return () => guards.delete(own);
}

/** Returns the settings of the newest run that is on; undefined where none is. */
export function currentRun(): GuardOptions | undefined {
  return [...guards].at(-1);
}

/** Returns the settings of the newest run, be it on or over: an error that ended it is shown later. */
export function newestRun(): GuardOptions | undefined {
  return newest;
}

/**
 * Work that several ranks do alike: it succeeds on all of them, or fails on all.
 *
 * The rank that failed throws its own error, the others a {@linkcode RankError} that names it.
 *
 * @module
 */
import { gatherValues, type Group, RankError } from "./exchange.ts";

/** The failure of a rank, as the others are told. */
interface Failure {
  message: string;
  /** True for the error of a rank that fails because another one did. */
  secondary: boolean;
}

/** Errors that all ranks know of; true for those that another rank shows. */
const agreed = new WeakMap<object, boolean>();

function mark<E>(error: E, elsewhere: boolean): E {
  if (typeof error === "object" && error !== null) agreed.set(error, elsewhere);
  return error;
}

/** Returns true for an error that another rank shows: of one that cannot go on because another one failed, for example. */
export function shownElsewhere(error: unknown): boolean {
  return error instanceof RankError || (isAgreed(error) && agreed.get(error as object)!);
}

/** Returns true for an error that all ranks know of, so that none waits for the one that throws it. */
export function isAgreed(error: unknown): boolean {
  return typeof error === "object" && error !== null && agreed.has(error);
}

/** Marks an error that all ranks of a group have alike as one that the first rank shows; returns it. */
export function shownByFirst<E>({ rank }: Group, error: E): E {
  return mark(error, rank > 0);
}

/** Returns an error that was made out of another one, known to as many ranks as that. */
export function madeOf<E>(error: E, cause: unknown): E {
  return isAgreed(cause) ? mark(error, shownElsewhere(cause)) : error;
}

/** Names a rank, and its host where that is known: `rank 3, host b`. */
export function rankName({ hosts }: Group, rank: number): string {
  return hosts ? `rank ${rank}, host ${hosts[rank]}` : `rank ${rank}`;
}

/**
 * Calls `work` on every rank and waits until all are through with it.
 *
 * @param label names the work in errors about ranks that do not do the same
 * @throws the error of `work` on the rank that failed
 * @throws {RankError} on the other ranks
 */
export async function together<T>(group: Group, label: string, work: () => T | Promise<T>): Promise<T> {
  if (group.size === 1) return await work();
  let own: { error: unknown } | undefined;
  let result: T | undefined;
  try {
    result = await work();
  } catch (error) {
    own = { error };
  }
  await shareFailures(group, label, own);
  return result as T;
}

/**
 * Tells all ranks which of them failed. Every rank calls it, those that failed with their error.
 *
 * @throws as {@linkcode together}, on every rank where one failed
 */
export async function shareFailures(group: Group, label: string, own?: { error: unknown }): Promise<void> {
  const failure: Failure | null = own
    ? { message: messageOf(own.error), secondary: own.error instanceof RankError }
    : null;
  const failures = await gatherValues(group, failure, label).catch((error) => {
    throw own ? own.error : error; // the ranks do not meet any more
  });
  const culprit = culpritOf(failures);
  if (culprit < 0) return;
  const { message } = failures[culprit]!;
  if (!own) throw mark(new RankError(failureText(group, culprit, message), culprit), true);
  throw mark(own.error, culprit < group.rank && message === messageOf(own.error));
}

/**
 * Ends work that all ranks do alike at the same place, once the signal of any of them is aborted. Signals reach ranks at
 * different times; a rank that ended by itself would leave the others in an exchange.
 *
 * @throws the reason of this rank's signal
 * @throws {RankError} with the reason of another rank's signal, where this rank's is not aborted yet
 */
export async function throwIfAborted(group: Group, signal: AbortSignal | undefined): Promise<void> {
  if (group.size === 1) return signal?.throwIfAborted();
  const aborted = await group.allGather(Uint8Array.of(Number(signal?.aborted ?? false)), "aborted");
  const first = aborted.indexOf(1);
  if (first < 0) return;
  signal?.throwIfAborted();
  throw mark(new RankError(failureText(group, first, "its signal was aborted"), first), true);
}

/** Returns the first rank that failed by itself, else the first that failed at all; -1 for none. */
function culpritOf(failures: readonly (Failure | null)[]): number {
  const first = failures.findIndex((failure) => failure && !failure.secondary);
  return first < 0 ? failures.findIndex((failure) => failure) : first;
}

/** Describes the failure of a rank. */
function failureText(group: Group, rank: number, message: string): string {
  const name = rankName(group, rank);
  return `${name[0].toUpperCase()}${name.slice(1)} failed: ${message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Work that succeeds on all ranks or on none.
 *
 * @module
 */
import { gatherValues, type Group, RankError } from "../../base/exchange.ts";

/** The error of work that failed on this rank. */
export interface Failure {
  /** The error. */
  error: unknown;
}

/** Does work that contains no collective, and returns its failure; undefined where it succeeds. */
export async function failureOf(work: () => void | Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/**
 * Ends work that every rank has tried; every rank calls it.
 *
 * @throws the failure of this rank, or a {@linkcode RankError} with that of the first rank that failed
 */
export async function settle(group: Group, failure: Failure | undefined, label: string): Promise<void> {
  const own = failure && (failure.error instanceof Error ? failure.error.message : String(failure.error));
  const messages = await gatherValues(group, own ?? null, label);
  if (failure) throw failure.error;
  const failed = messages.findIndex((message) => message !== null);
  if (failed >= 0) throw new RankError(`Rank ${failed} failed: ${messages[failed]}`, failed);
}

/** Does work on every rank, which contains no collective, and fails on all ranks where it fails on one. */
export async function onEveryRank<T>(
  group: Group,
  label: string,
  work: () => T | Promise<T>,
): Promise<T> {
  let value: T | undefined;
  const failure = await failureOf(async () => {
    value = await work();
  });
  await settle(group, failure, label);
  return value as T;
}

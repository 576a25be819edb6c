/**
 * Work that one rank of a host does for all of them, such as the token shards on the host's disk.
 *
 * @module
 */
import { type Group, RankError } from "../../base/exchange.ts";

/** Seconds after which ranks that wait hear that the first one is still at work, so that no time-out ends them. [ours] */
const secondsPerWord = 10;

/** Message of the first rank to those that wait. */
type Word<T> = { busy: true } | { value: T } | { error: string };

/**
 * Calls `make` on the first rank of a group and returns its value, which JSON must carry, on all ranks. The first rank tells
 * the others from time to time that it is still at work.
 *
 * @throws the error of `make` on the first rank, and a {@linkcode RankError} on the others
 */
export async function madeByFirst<T>(
  ranks: Group,
  label: string,
  make: () => Promise<T>,
  seconds = secondsPerWord,
): Promise<T> {
  if (ranks.size === 1) return await make();
  if (ranks.rank > 0) return await waited(ranks, label);
  const made = make().then((value) => ({ value }), (error: unknown) => ({ failure: error }));
  while (true) {
    const result = await within(made, seconds);
    const word: Word<T> = result === undefined
      ? { busy: true }
      : "value" in result
      ? result
      : { error: result.failure instanceof Error ? result.failure.message : String(result.failure) };
    await ranks.broadcast(new TextEncoder().encode(JSON.stringify(word)), 0, label);
    if (result === undefined) continue;
    if ("failure" in result) throw result.failure;
    return result.value;
  }
}

async function waited<T>(ranks: Group, label: string): Promise<T> {
  while (true) {
    const bytes = await ranks.broadcast(undefined, 0, label);
    const word = JSON.parse(new TextDecoder().decode(bytes)) as Word<T>;
    if ("error" in word) throw new RankError(`Rank 0 of this host failed: ${word.error}`, 0);
    if ("value" in word) return word.value;
  }
}

/** Returns the result of a promise, or undefined when it takes longer. */
async function within<R>(promise: Promise<R>, seconds: number): Promise<R | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), 1000 * seconds)
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

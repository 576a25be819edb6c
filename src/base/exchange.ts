/**
 * Processes that work on one model, as the rest of the SDK sees them.
 *
 * Each process is a rank. Ranks that talk to one another form a {@linkcode Group}; its methods are collective: every rank
 * of the group calls the same ones, in the same order, with the same label. Sums of floats are added in the order of ranks
 * on the host, so that they do not depend on the library that carries the bytes.
 *
 * @module
 */
import type { CollectiveLog } from "./collective_log.ts";
import { LlameroError } from "./errors.ts";

/** Bytes or numbers that a rank hands over; those on shared memory are read where they are. */
export type Bytes = Uint8Array<ArrayBufferLike>;

/** Ranks that talk to one another. */
export interface Group {
  /** Number of this rank in the group, counted from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Host of each rank, where the ranks are processes of a launcher. */
  readonly hosts?: readonly string[];
  /** Counts and times of the collectives so far. */
  readonly log: CollectiveLog;
  /**
   * Concatenates the bytes of all ranks in the order of ranks.
   *
   * @param own as many bytes on every rank
   * @throws {LlameroError} naming the ranks, where they disagree on operation, label or size; so do all methods
   */
  allGather(own: Bytes, label: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Adds the numbers of all ranks in the order of ranks, `((r0 + r1) + r2) + ...`, and returns this rank's part of the sum.
   *
   * @param values as many on every rank, a multiple of `size`; part r is that of rank r
   * @param onto this rank's part of an earlier sum, to which the numbers of rank 0 are added first
   */
  reduceScatter(
    values: Float32Array<ArrayBufferLike>,
    label: string,
    onto?: Float32Array<ArrayBufferLike>,
  ): Promise<Float32Array<ArrayBuffer>>;
  /** Sends `parts[r]` to rank r and returns what each rank sent to this one, in the order of ranks; sizes are free. */
  allToAll(parts: readonly Bytes[], label: string): Promise<Uint8Array<ArrayBuffer>[]>;
  /** Returns the bytes of rank `from`; the others give undefined. */
  broadcast(bytes: Bytes | undefined, from: number, label: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits until every rank is here. */
  barrier(label: string): Promise<void>;
  /** Divides the group: ranks that give the same number form a new group, in the order that they have in this one. */
  split(part: number): Promise<Group>;
  /**
   * Takes part in the next collective of the others as a failure, so that they get a {@linkcode RankError} at once instead
   * of waiting. This rank uses the group no more.
   */
  fail(error: unknown): void;
}

/** The groups of a rank: `world.rank` is `data.rank * model.size + model.rank`. */
export interface Ranks {
  /** All ranks. */
  readonly world: Group;
  /** The ranks that hold the same part of the model and different data. */
  readonly data: Group;
  /** The ranks that hold the parts of one copy of the model, neighbours in the world. */
  readonly model: Group;
}

/** The error of a rank that cannot go on because another one failed; that one has the failure itself. */
export class RankError extends LlameroError {
  /** Makes the error for the failure `message` of rank `failedRank`. */
  constructor(message: string, readonly failedRank: number) {
    super(message);
  }
}

/** Returns the values of all ranks in the order of ranks; a value is anything that JSON can carry. */
export async function gatherValues<T>(group: Group, value: T, label: string): Promise<T[]> {
  if (group.size === 1) return [value];
  const own = new TextEncoder().encode(JSON.stringify(value) ?? "null");
  const all = await group.allToAll(Array.from({ length: group.size }, () => own), label);
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as T);
}

/** Returns the value of rank `from`, which alone computes it: all ranks fail where that rank does. */
export async function fromRank<T>(
  group: Group,
  from: number,
  label: string,
  compute: () => T | Promise<T>,
): Promise<T> {
  if (group.size === 1) return await compute();
  let failure: unknown;
  let answer: { value?: T; error?: string } = {};
  if (group.rank === from) {
    try {
      answer = { value: await compute() };
    } catch (error) {
      failure = error;
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
  }
  const own = group.rank === from ? new TextEncoder().encode(JSON.stringify(answer)) : undefined;
  const bytes = await group.broadcast(own, from, label);
  if (failure !== undefined) throw failure;
  const { value, error } = JSON.parse(new TextDecoder().decode(bytes)) as typeof answer;
  if (error !== undefined) throw new RankError(`Rank ${from} failed: ${error}`, from);
  return value as T;
}

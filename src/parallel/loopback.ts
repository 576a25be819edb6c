/**
 * Several ranks in one process, for tests and for teaching: the same groups without a library and without a launcher.
 *
 * Every rank is an asynchronous function of its own; the ranks take turns as they wait for one another. A rank needs a
 * device of its own, since models that share one take turns on it.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type CollectiveKind, CollectiveLog } from "../base/collective_log.ts";
import { type Bytes, type Group, RankError } from "../base/exchange.ts";
import { type CollectivePlace, disagreement } from "./disagreement.ts";
import { setLocalWorld } from "./local_world.ts";
import { addInOrder } from "./ordered_sum.ts";
import { singleGroup } from "./single.ts";

/** A rank; without its world once the call has ended, since Deno may keep the context for what runs next. */
interface Rank {
  world?: Group;
}

const ranks = new AsyncLocalStorage<Rank>();

/**
 * Runs `program` as `size` ranks at the same time and returns their results in the order of ranks. Inside of it the world is
 * the ranks of this call. When one rank throws, the others fail at their next collective, and the call rejects with the
 * error of that rank.
 */
export async function loopback<T>(size: number, program: (world: Group) => Promise<T>): Promise<T[]> {
  setLocalWorld(() => ranks.getStore()?.world);
  const meeting = new Meeting(size);
  const all: Rank[] = [];
  const results = await Promise.allSettled(
    Array.from({ length: size }, async (_, rank) => {
      const world = new LoopbackGroup(meeting, rank);
      const own: Rank = { world };
      all.push(own);
      try {
        return await ranks.run(own, () => program(world));
      } catch (error) {
        meeting.fail(rank, error);
        throw error;
      }
    }),
  );
  for (const rank of all) rank.world = undefined;
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : []
  );
  if (failures.length) throw failures.find((error) => !(error instanceof RankError)) ?? failures[0];
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

/** The contribution of a rank to a collective. */
interface Contribution extends CollectivePlace {
  kind: CollectiveKind | "split";
  given: unknown;
}

/** One collective that not every rank has reached yet. */
interface Round {
  given: (Contribution | undefined)[];
  missing: number;
  settled: PromiseWithResolvers<readonly Contribution[]>;
}

/** The place where the ranks of a group meet. */
class Meeting {
  #rounds = new Map<number, Round>();
  #failure?: RankError;
  /** The meetings of the parts of the group, by the number of the division and that of the part. */
  #parts = new Map<string, Meeting>();

  constructor(readonly size: number) {}

  /** Gives a rank's part of the collective number `index` and resolves with the parts of all, in the order of ranks. */
  async meet(rank: number, index: number, own: Contribution): Promise<readonly Contribution[]> {
    if (this.#failure) throw this.#failure;
    let round = this.#rounds.get(index);
    if (!round) {
      round = { given: [], missing: this.size, settled: Promise.withResolvers() };
      round.settled.promise.catch(() => {}); // a rank that waits has a handler of its own
      this.#rounds.set(index, round);
    }
    round.given[rank] = own;
    if (--round.missing === 0) {
      this.#rounds.delete(index);
      const given = round.given as Contribution[];
      const problem = disagreement(given);
      if (problem) round.settled.reject(problem);
      else round.settled.resolve(given);
    }
    return await round.settled.promise;
  }

  /** Returns the meeting of one part of the group, the same one for all ranks of that part. */
  part(index: number, part: number, size: number): Meeting {
    const key = `${index} ${part}`;
    const meeting = this.#parts.get(key) ?? new Meeting(size);
    meeting.#failure ??= this.#failure;
    this.#parts.set(key, meeting);
    return meeting;
  }

  /** Ends all collectives that wait, and all later ones. */
  fail(rank: number, error: unknown): void {
    if (this.#failure) return;
    this.#failure = new RankError(
      `Rank ${rank} failed: ${error instanceof Error ? error.message : error}`,
      rank,
    );
    for (const { settled } of this.#rounds.values()) settled.reject(this.#failure);
    for (const part of this.#parts.values()) part.fail(rank, error);
  }
}

/** A rank of a group in this process. */
class LoopbackGroup implements Group {
  readonly size: number;
  readonly log: CollectiveLog = new CollectiveLog();
  readonly #meeting: Meeting;
  #next = 0;

  constructor(meeting: Meeting, readonly rank: number) {
    this.#meeting = meeting;
    this.size = meeting.size;
  }

  async #meet<T>(own: Contribution, bytes: number): Promise<T[]> {
    const index = this.#next++;
    const record = own.kind === "split" ? undefined : this.log.add(own.kind, own.label, bytes);
    const all = await this.#meeting.meet(this.rank, index, own);
    if (record) this.log.end(record, record.asked, performance.timeOrigin + performance.now());
    return all.map(({ given }) => given as T);
  }

  async allGather(own: Bytes, label: string): Promise<Uint8Array<ArrayBuffer>> {
    const size = own.byteLength;
    const given = new Uint8Array(own); // the caller may change its own at once
    const all = await this.#meet<Uint8Array>(
      { kind: "allGather", label, size, given },
      size * (this.size - 1),
    );
    const joined = new Uint8Array(size * this.size);
    all.forEach((bytes, rank) => joined.set(bytes, rank * size));
    return joined;
  }

  async reduceScatter(
    values: Float32Array<ArrayBufferLike>,
    label: string,
    onto?: Float32Array<ArrayBufferLike>,
  ): Promise<Float32Array<ArrayBuffer>> {
    const part = values.length / this.size;
    const own = {
      kind: "reduceScatter",
      label,
      size: values.byteLength,
      given: new Float32Array(values),
    } as const;
    const all = await this.#meet<Float32Array>(own, 4 * part * (this.size - 1));
    return addInOrder(all.map((one) => one.subarray(this.rank * part, (this.rank + 1) * part)), onto);
  }

  async allToAll(parts: readonly Bytes[], label: string): Promise<Uint8Array<ArrayBuffer>[]> {
    const given = parts.map((part) => new Uint8Array(part));
    const sent = given.reduce((sum, part, rank) => sum + (rank === this.rank ? 0 : part.byteLength), 0);
    const all = await this.#meet<Uint8Array<ArrayBuffer>[]>({ kind: "allToAll", label, given }, sent);
    return all.map((one) => one[this.rank]);
  }

  async broadcast(bytes: Bytes | undefined, from: number, label: string): Promise<Uint8Array<ArrayBuffer>> {
    const given = this.rank === from ? new Uint8Array(bytes!) : undefined;
    const sent = given ? given.byteLength * (this.size - 1) : 0;
    const all = await this.#meet<Uint8Array>({ kind: "broadcast", label, from, given }, sent);
    return new Uint8Array(all[from]);
  }

  async barrier(label: string): Promise<void> {
    await this.#meet({ kind: "barrier", label, given: undefined }, 0);
  }

  async split(part: number): Promise<Group> {
    const index = this.#next;
    const all = await this.#meet<number>({ kind: "split", label: "split", given: part }, 0);
    const members = all.flatMap((other, rank) => other === part ? [rank] : []);
    if (members.length === 1) return singleGroup;
    return new LoopbackGroup(this.#meeting.part(index, part, members.length), members.indexOf(this.rank));
  }

  fail(error: unknown): void {
    this.#meeting.fail(this.rank, error);
  }
}

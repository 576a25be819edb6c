/**
 * The agreement of the ranks of a run: one small all-gather of integers before each step.
 *
 * Stop, pause, read-back and errors take effect on all ranks after the same step: each rank says what it wants, and each
 * does what one of them wants. The numbers are those of the step, hashes of all collectives so far, stops, pause,
 * read-back due, error, busy, targets in its part of the batch, and the energy in millijoules that it has measured.
 *
 * @module
 */
import { LlameroError } from "../../base/errors.ts";
import type { Ranks } from "../../base/exchange.ts";
import { isAgreed, rankName, shareFailures, shownByFirst } from "../../base/together.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { RunControl } from "./run_control.ts";

/** Milliseconds between two agreements of ranks that pause. */
const pauseInterval = 100;

/** Milliseconds between two agreements of ranks of which one still works. */
const workInterval = 250;

/** The wishes of a rank before a step. */
export interface Vote {
  /** Number of the step in the run. */
  step: number;
  /** True when records of steps wait to be read back. */
  due?: boolean;
  /** True while the rank is not through with its work. */
  busy?: boolean;
  /** Targets of this rank's part of the batch that are not ignored. */
  kept?: number;
  /** Error for which the rank cannot take the step, in a box because an error may be undefined. */
  failure?: { error: unknown };
}

/** The decision of all ranks. */
export interface Decision {
  /** True when all read back now. */
  due: boolean;
  /** True when no step may be taken yet. */
  pause: boolean;
  /** True while a rank is not through with its work. */
  busy: boolean;
  /** Targets of the whole batch that are not ignored. */
  kept: number;
}

/** The agreements of one rank. */
export class Agreement {
  /**
   * Makes the agreements of the rank that `control` controls. Stops wait for the others from now on.
   *
   * @param log holds the energy meter, which is told what the other ranks have measured
   */
  constructor(readonly ranks: Ranks, readonly control: RunControl, readonly log: Pick<RunLog, "meter">) {
    control.defer();
  }

  /**
   * Agrees with all ranks; applies the stops of all.
   *
   * @throws the error of the vote on the rank that has one
   * @throws {RankError} on the other ranks then, naming that rank
   * @throws {LlameroError} when ranks are at different steps, or have done different things
   */
  async agree({ step, due = false, busy = false, kept = 0, failure }: Vote): Promise<Decision> {
    const { world, data, model } = this.ranks;
    const { control: { stops, wantsPause }, log: { meter } } = this;
    const own = [
      step,
      world.log.hash,
      data.log.hash,
      stops,
      Number(wantsPause && stops === 0),
      Number(due),
      Number(failure !== undefined),
      Number(busy),
      kept,
      Math.round(1000 * (meter?.joules ?? 0)),
    ];
    const votes = rowsOf(await world.allGather(new Uint8Array(Float64Array.from(own).buffer), "agree"), own);
    if (votes.some((vote) => vote[6])) await shareFailures(world, "errors", failure);
    this.#check(votes, model.size);
    const sumOf = (field: number) => votes.reduce((sum, vote) => sum + vote[field], 0);
    if (meter) meter.joulesElsewhere = (sumOf(9) - own[9]) / 1000;
    this.control.apply(Math.max(...votes.map((vote) => vote[3])));
    const pause = votes.some((vote) => vote[4]) && !this.control.stopping.aborted;
    const anyOf = (field: number) => votes.some((vote) => vote[field]);
    return { due: anyOf(5), pause, busy: anyOf(7), kept: sumOf(8) / model.size };
  }

  /**
   * Carries out work without collectives and waits until all ranks are through with theirs. Ranks agree meanwhile, so that none
   * waits longer than a collective may take, and a stop on any rank reaches all.
   *
   * @param discard frees a result that is not returned
   * @throws as {@linkcode Agreement.agree}, and the reason of `control.stopping` where the run was stopped meanwhile
   */
  async phase<T>(
    step: number,
    work: () => T | Promise<T>,
    discard: (result: T) => void = () => {},
  ): Promise<T> {
    const { stopping } = this.control;
    const wasStopping = stopping.aborted;
    let ended: { result?: T; failure?: { error: unknown } } | undefined;
    const running = outcomeOf(work).then((outcome) => ended = outcome);
    try {
      while (true) {
        await withinTime(running, workInterval);
        const { failure } = ended ?? {};
        const stopped = stopping.aborted && failure?.error === stopping.reason;
        const { busy } = await this.agree({ step, busy: !ended, failure: stopped ? undefined : failure });
        if (busy) continue;
        if (!wasStopping || ended!.failure) stopping.throwIfAborted();
        return ended!.result as T;
      }
    } catch (error) {
      running.then(({ result }) => result !== undefined && discard(result));
      throw error;
    }
  }

  /** Waits while a rank pauses. */
  async waitWhilePaused(step: number): Promise<void> {
    const { control } = this;
    control.held = true;
    try {
      while ((await this.agree({ step })).pause) {
        await new Promise((resolve) => setTimeout(resolve, pauseInterval));
      }
    } finally {
      control.held = false;
    }
  }

  /** Ends the waiting of other ranks for this one, where it fails with an error that they do not know of. */
  fail(error: unknown): void {
    const { control: { stopping, aborting }, ranks: { model, data, world } } = this;
    if (isAgreed(error) || [stopping.reason, aborting.reason].includes(error)) return;
    for (const group of new Set([model, data, world])) group.fail(error);
  }

  /** Compares steps over all ranks, and collectives over those that hold the same part of the model. */
  #check(votes: readonly Float64Array[], parts: number): void {
    const { world } = this.ranks;
    const differing = (field: number, peer: (rank: number) => number) =>
      votes.findIndex((vote, rank) => vote[field] !== votes[peer(rank)][field]);
    const refuse = (problem: string) =>
      shownByFirst(world, new LlameroError(`${problem}. Every process must run the same script`));
    const [step] = votes[0];
    const behind = differing(0, () => 0);
    if (behind > 0) {
      const { [behind]: [other] } = votes;
      throw refuse(
        `The ranks are at different steps: rank 0 at ${step}, ${rankName(world, behind)} at ${other}`,
      );
    }
    const other = Math.max(differing(1, () => 0), differing(2, (rank) => rank % parts));
    if (other < 0) return;
    throw refuse(`Before step ${step} ${rankName(world, other)} has done other collectives than its peers`);
  }
}

/** Returns what became of some work. */
async function outcomeOf<T>(
  work: () => T | Promise<T>,
): Promise<{ result?: T; failure?: { error: unknown } }> {
  try {
    return { result: await work() };
  } catch (error) {
    return { failure: { error } };
  }
}

/** Waits for a promise, but no longer than some milliseconds. */
async function withinTime(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** Returns the numbers of each rank. */
function rowsOf(bytes: Uint8Array<ArrayBuffer>, { length }: readonly number[]): Float64Array[] {
  const all = new Float64Array(bytes.slice().buffer);
  return Array.from({ length: all.length / length }, (_, i) => all.subarray(i * length, (i + 1) * length));
}

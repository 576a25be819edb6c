/**
 * The steps of a stage on the GPU: enqueued ahead, their losses read back a few times per second.
 *
 * Step n trains on windows (n - 1) b to n b of the stage's order, b the batch; a stage measured in epochs may end with a
 * short batch. A read-back waits for the GPU and costs 10 ms, so there is one per quarter of a second, and never so many
 * steps ahead that a stop would have to wait longer than that.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";
import type { BatchRow } from "../../model/architecture/batch.ts";
import type { Model, TrainingStepOptions } from "../../model/mod.ts";
import type { ParallelOptions } from "../../model/training/parallel/build_parallel.ts";
import { laneMicroBatch } from "../../model/training/parallel/lane_micro_batch.ts";
import type { ParallelStep } from "../../model/training/parallel/parallel_step.ts";
import type { StepRecord } from "../../model/training/stepping.ts";
import { keptTargets, TrainingStep } from "../../model/training/training_step.ts";
import { singleRanks } from "../../parallel/mod.ts";
import type { HistoryEntry } from "../monitoring/events.ts";
import { learningRateAt, type Schedule } from "../stages/schedule.ts";
import { scheduleOf, type StageSettings } from "../stages/stage.ts";
import type { StageTokens } from "../stages/stage_data.ts";

/** Milliseconds between two read-backs. */
const readInterval = 250;

/** Largest number of steps ahead; the GPU's ring of records holds 256. */
const maxAhead = 128;

/** A step whose windows were read. */
interface FetchedStep {
  step: number;
  /** The sequences of each lane of this rank, in order. */
  lanes: BatchRow[][];
  /** Number of their targets that are not ignored. */
  kept: number;
}

/** Makes the step of several ranks or lanes, whose code a single process does not load. */
async function parallelStep(
  model: Model,
  options: TrainingStepOptions,
  parallel: ParallelOptions,
): Promise<ParallelStep> {
  const { ParallelStep } = await lazily(() => import("../../model/training/parallel/parallel_step.ts"));
  return await ParallelStep.create(model, options, parallel);
}

/** The steps of one stage. */
export class StepQueue implements Disposable {
  /** Programs, gradients and moments. */
  readonly training: TrainingStep | ParallelStep;
  readonly #settings: StageSettings;
  readonly #tokens: StageTokens;
  readonly #parallel?: ParallelOptions;
  readonly #schedule: Schedule;
  /** The step that is enqueued next. */
  #fetched?: FetchedStep;
  /** Steps enqueued since the last read-back. */
  #ahead = 0;
  /** Steps ahead that the GPU does within one interval, as far as is known. */
  #limit = 1;
  /** Time at which the oldest step ahead was enqueued. */
  #since = 0;

  private constructor(
    training: TrainingStep | ParallelStep,
    settings: StageSettings,
    tokens: StageTokens,
    parallel?: ParallelOptions,
  ) {
    this.training = training;
    this.#settings = settings;
    this.#tokens = tokens;
    this.#parallel = parallel;
    this.#schedule = scheduleOf(settings, tokens.steps);
  }

  /**
   * Compiles the programs and allocates gradients and moments; sends nothing to other ranks.
   *
   * @param parallel the ranks that share the steps, and their lanes; without it the steps are those of one process
   * @throws {DeviceError} when the GPU's memory is too small
   */
  static async create(
    model: Model,
    settings: StageSettings,
    tokens: StageTokens,
    parallel?: ParallelOptions,
  ): Promise<StepQueue> {
    const { context, save, beta1, beta2, epsilon, weightDecay, clip } = settings;
    const microBatch = parallel
      ? laneMicroBatch(settings, parallel.lanes, parallel.ranks.model.size)
      : settings.microBatch;
    const lora = settings.lora && { ...settings.lora, seed: tokens.order };
    const spike = settings.skipSpikes;
    const options = { microBatch, context, save, beta1, beta2, epsilon, weightDecay, clip, lora, spike };
    const training = parallel
      ? await parallelStep(model, options, parallel)
      : await TrainingStep.create(model, options);
    return new StepQueue(training, settings, tokens, parallel);
  }

  /** Frees programs, gradients and moments. */
  [Symbol.dispose](): void {
    this.training.dispose();
  }

  /** Restores the losses of the stage's earlier steps, against which spikes are told. `history` holds all of them. */
  recall(history: readonly HistoryEntry[]): void {
    this.training.recall(
      history.map((entry, i) => ({ ...entry, step: i + 1, skipped: entry.skipped ?? false })),
    );
  }

  /** Returns the learning rate of a step of the stage, counted from 1. */
  learningRate(step: number): number {
    return learningRateAt(step, this.#schedule);
  }

  /** Returns the number of positions trained on after `step` steps of the stage. */
  tokensAfter(step: number): number {
    return Math.min(step * this.#settings.batch, this.#tokens.windows) * this.#settings.context;
  }

  /**
   * Reads the windows of this rank's lanes of a step.
   *
   * @returns the number of their targets that are not ignored
   * @throws {DataError} where they cannot be read
   */
  fetch(step: number): number {
    if (this.#fetched?.step !== step) {
      const lanes = this.#lanesOf(step);
      const kept = keptTargets(lanes.flat());
      this.#fetched = { step, lanes, kept };
    }
    return this.#fetched.kept;
  }

  /** Reads the windows of a step: each lane is a part of the batch, with borders at floor(i size / lanes). */
  #lanesOf(step: number): BatchRow[][] {
    const { batch, shuffle } = this.#settings;
    const { train, windows, order } = this.#tokens;
    const first = (step - 1) * batch;
    const size = Math.min(batch, windows - first);
    const { lanes = 1, ranks: { data } = singleRanks } = this.#parallel ?? {};
    const border = (lane: number) => first + Math.floor(lane * size / lanes);
    return Array.from({ length: lanes / data.size }, (_, round) => {
      const lane = data.rank + round * data.size;
      const start = border(lane);
      return Array.from(
        { length: border(lane + 1) - start },
        (_, i) => train.windowAt(start + i, order, shuffle),
      );
    });
  }

  /**
   * Enqueues a step of the stage, counted from 1; resolves before the GPU has done it.
   *
   * @param kept number of targets of the whole batch that are not ignored; default: those of this rank
   */
  async enqueue(step: number, kept: number = this.fetch(step)): Promise<void> {
    this.fetch(step);
    const { lanes } = this.#fetched!;
    const rate = this.learningRate(step);
    const { training } = this;
    if (training instanceof TrainingStep) training.run(lanes[0], step, rate);
    else await training.run(lanes, step, rate, kept);
    if (this.#ahead++ === 0) this.#since = performance.now();
  }

  /** True when it is time to read back. */
  get due(): boolean {
    return this.#ahead >= this.#limit ||
      (this.#ahead > 0 && performance.now() - this.#since >= readInterval);
  }

  /** Reads back the records of the steps since the last call; waits for the GPU. */
  async read(): Promise<StepRecord[]> {
    if (this.#ahead === 0) return [];
    const records = await this.training.read();
    const withinInterval = Math.floor(readInterval * this.#ahead / (performance.now() - this.#since));
    this.#limit = Math.max(1, Math.min(withinInterval, 2 * this.#limit, maxAhead));
    this.#ahead = 0;
    return records;
  }
}

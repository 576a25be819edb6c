/**
 * The steps of a stage on the GPU: enqueued ahead, their losses read back a few times per second.
 *
 * Step n trains on windows (n - 1) b to n b of the stage's order, b the batch; a stage measured in epochs may end with a
 * short batch. A read-back waits for the GPU and costs 10 ms, so there is one per quarter of a second, and never so many
 * steps ahead that a stop would have to wait longer than that.
 *
 * @module
 */
import type { Model } from "../../model/mod.ts";
import type { StepRecord } from "../../model/training/stepping.ts";
import { TrainingStep } from "../../model/training/training_step.ts";
import type { HistoryEntry } from "../monitoring/events.ts";
import { learningRateAt, type Schedule } from "../stages/schedule.ts";
import { scheduleOf, type StageSettings } from "../stages/stage.ts";
import type { StageTokens } from "../stages/stage_data.ts";

/** Milliseconds between two read-backs. */
const readInterval = 250;

/** Largest number of steps ahead; the GPU's ring of records holds 256. */
const maxAhead = 128;

/** The steps of one stage. */
export class StepQueue implements Disposable {
  /** Programs, gradients and moments. */
  readonly training: TrainingStep;
  readonly #settings: StageSettings;
  readonly #tokens: StageTokens;
  readonly #schedule: Schedule;
  /** Steps enqueued since the last read-back. */
  #ahead = 0;
  /** Steps ahead that the GPU does within one interval, as far as is known. */
  #limit = 1;
  /** Time at which the oldest step ahead was enqueued. */
  #since = 0;

  private constructor(training: TrainingStep, settings: StageSettings, tokens: StageTokens) {
    this.training = training;
    this.#settings = settings;
    this.#tokens = tokens;
    this.#schedule = scheduleOf(settings, tokens.steps);
  }

  /**
   * Compiles the programs and allocates gradients and moments.
   *
   * @throws {DeviceError} when the GPU's memory is too small
   */
  static async create(
    model: Model,
    settings: StageSettings,
    tokens: StageTokens,
    _parallel?: unknown,
  ): Promise<StepQueue> {
    const { microBatch, context, save, beta1, beta2, epsilon, weightDecay, clip } = settings;
    const lora = settings.lora && { ...settings.lora, seed: tokens.order };
    const spike = settings.skipSpikes;
    const options = { microBatch, context, save, beta1, beta2, epsilon, weightDecay, clip, lora, spike };
    return new StepQueue(await TrainingStep.create(model, options), settings, tokens);
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

  /** Reads the windows of a step. */
  fetch(_step: number): void {}

  /** Enqueues a step of the stage, counted from 1, and returns at once. */
  enqueue(step: number): void {
    const { batch, shuffle } = this.#settings;
    const { train, windows, order } = this.#tokens;
    const first = (step - 1) * batch;
    const size = Math.min(batch, windows - first);
    this.training.run(
      Array.from({ length: size }, (_, i) => train.windowAt(first + i, order, shuffle)),
      step,
      this.learningRate(step),
    );
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

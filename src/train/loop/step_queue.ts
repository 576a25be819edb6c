/**
 * The steps of a stage on the GPU: enqueued ahead, read back a few times a second.
 *
 * Step n takes windows (n - 1) b to n b of the order, b the batch; a stage measured in epochs may end with a short
 * batch. A read-back waits for the GPU and costs 10 ms, so there is one a quarter of a second, and never so many steps
 * ahead that a stop would have to wait longer than that.
 *
 * @module
 */
import { type Model, type StepRecord, TrainingStep } from "../../model/mod.ts";
import type { HistoryEntry } from "../monitoring/events.ts";
import { learningRateAt, type Schedule } from "../stages/schedule.ts";
import { scheduleOf, type StageSettings } from "../stages/stage.ts";
import type { StageTokens } from "../stages/stage_data.ts";

/** Milliseconds between two read-backs. */
const interval = 250;

/** Most steps ahead; the GPU's ring of records holds 256. */
const most = 128;

/** A stage's steps. */
export class Stepper {
  readonly #schedule: Schedule;
  #ahead = 0;
  #limit = 1;
  /** When the oldest step ahead was enqueued. */
  #since = 0;

  private constructor(
    /** Programs, gradients and moments. */
    readonly training: TrainingStep,
    private readonly settings: StageSettings,
    private readonly tokens: StageTokens,
    private readonly order: number,
  ) {
    this.#schedule = scheduleOf(settings, tokens.steps);
  }

  /** Compiles the programs and allocates gradients and moments. `order` is the seed of the windows' order. */
  static async create(
    model: Model,
    settings: StageSettings,
    tokens: StageTokens,
    order: number,
  ): Promise<Stepper> {
    const { microBatch, context, save, beta1, beta2, epsilon, weightDecay, clip } = settings;
    const lora = settings.lora && { ...settings.lora, seed: order };
    const spike = settings.skipSpikes;
    const options = { microBatch, context, save, beta1, beta2, epsilon, weightDecay, clip, lora, spike };
    return new Stepper(await TrainingStep.create(model, options), settings, tokens, order);
  }

  /** Gives the memory back. */
  dispose(): void {
    this.training.dispose();
  }

  /** Takes up what the stage's steps gave before; the next spikes are told by it. `history` holds all of them. */
  recall(history: readonly HistoryEntry[]): void {
    this.training.recall(
      history.map((entry, i) => ({ ...entry, step: i + 1, skipped: entry.skipped ?? false })),
    );
  }

  /** The learning rate of a step of the stage, counted from 1. */
  learningRate(step: number): number {
    return learningRateAt(step, this.#schedule);
  }

  /** Positions trained on after `step` steps of the stage. */
  tokensAfter(step: number): number {
    return Math.min(step * this.settings.batch, this.tokens.windows) * this.settings.context;
  }

  /** Enqueues a step of the stage and returns at once. */
  enqueue(step: number): void {
    const { batch, shuffle } = this.settings;
    const { train, windows } = this.tokens;
    const first = (step - 1) * batch;
    const rows = Math.min(batch, windows - first);
    this.training.run(
      Array.from({ length: rows }, (_, i) => train.windowAt(first + i, this.order, shuffle)),
      step,
      this.learningRate(step),
    );
    if (this.#ahead++ === 0) this.#since = performance.now();
  }

  /** Whether it is time to read back. */
  get due(): boolean {
    return this.#ahead >= this.#limit || (this.#ahead > 0 && performance.now() - this.#since >= interval);
  }

  /** What the steps since the last call gave; waits for the GPU. */
  async read(): Promise<StepRecord[]> {
    if (this.#ahead === 0) return [];
    const records = await this.training.read();
    const fitting = Math.floor(interval * this.#ahead / (performance.now() - this.#since));
    this.#limit = Math.max(1, Math.min(fitting, 2 * this.#limit, most));
    this.#ahead = 0;
    return records;
  }
}

/**
 * Training steps for callers that write the loop themselves.
 *
 * @module
 */
import type { StepRecord } from "../../model/mod.ts";
import { RunLog } from "../monitoring/run_log.ts";
import type { Stage } from "../stages/stage.ts";
import { lanesOf } from "../ranks/run_parallel.ts";
import { Agreement } from "./agree.ts";
import { fetchStep, openStage } from "./open_stage.ts";
import { identify } from "./restore_run.ts";
import { type RunSpec, stagesOf } from "./run_context.ts";
import { RunControl } from "./run_control.ts";
import { acquireDevice, registerRun } from "./run_registry.ts";
import type { StepQueue } from "./step_queue.ts";

/** A step that is enqueued. */
export interface ManualStep {
  /** Its number over all stages, counted from 1. */
  readonly step: number;
  /** Name of its stage. */
  readonly stage: string;
  /** Learning rate of its update. */
  readonly learningRate: number;
  /** Sequences that are computed at once: fewer than asked for where the GPU's memory is too small. */
  readonly microBatch: number;
  /** Returns the loss before the update, nats per supervised token, finite or not; waits for the GPU. */
  loss(): Promise<number>;
  /** Returns the norm of all gradients together, before clipping; waits for the GPU. */
  gradNorm(): Promise<number>;
}

/**
 * Yields the steps of a chain; each is enqueued when it is asked for.
 *
 * @throws {ConfigError} when another run has the model
 * @throws the reason of `signal` once that is aborted
 */
export async function* manualSteps(
  spec: RunSpec,
  signal: AbortSignal | undefined,
): AsyncGenerator<ManualStep> {
  const { model, chain } = spec;
  const unregister = registerRun(model, undefined, () => `a loop over the steps of ${model.name}`);
  const control = new RunControl();
  const removeListener = control.stopOn(signal);
  const release = await acquireDevice(model.device, control.requested);
  const log = new RunLog();
  const { ranks } = spec.parallel;
  const agreement = ranks.world.size > 1 ? new Agreement(ranks, control, log) : undefined;
  const context = { ...spec, control, log, agreement, lanes: lanesOf(spec.parallel) };
  let over = false;
  try {
    if (agreement) await identify(spec, context.lanes, log);
    let before = 0;
    for (const [index, stage] of stagesOf(chain).entries()) {
      before += yield* stepsOf(context, stage, index, before);
      if (control.stopping.aborted) break; // another rank has left the loop
    }
    over = true;
  } catch (error) {
    over = true;
    agreement?.fail(error);
    throw signal?.aborted ? signal.reason : error;
  } finally {
    if (!over) await leave(agreement, log.step + 1);
    removeListener();
    release();
    unregister();
  }
}

/** Tells the other ranks that this one has left the loop; they leave it before their next step. */
async function leave(agreement: Agreement | undefined, step: number): Promise<void> {
  agreement?.control.stop();
  await agreement?.agree({ step });
}

/** The parts of a run that a loop over its steps needs. */
type StepsContext = Parameters<typeof openStage>[0];

/** Yields the steps of a stage, `before` steps into the run, and returns their number. */
async function* stepsOf(
  context: StepsContext,
  stage: Stage,
  index: number,
  before: number,
): AsyncGenerator<ManualStep, number> {
  const { model, agreement, control, log } = context;
  using opened = await openStage(context, stage, index);
  const { queue, microBatch, tokens: { steps } } = opened;
  const records = new StepRecords(queue);
  for (let step = 1; step <= steps; step++) {
    await control.yieldToEventLoop();
    const fetched = agreement && fetchStep(model, queue, step);
    const agreed = await agreement?.agree({ step: before + step, ...fetched });
    if (control.stopping.aborted && control.stops === 0) return step - 1; // another rank has left the loop
    control.stopping.throwIfAborted();
    await queue.enqueue(step, agreed?.kept);
    await queue.training.settle();
    log.step = before + step;
    yield {
      step: before + step,
      stage: stage.settings.name,
      learningRate: queue.learningRate(step),
      microBatch,
      loss: async () => (await records.of(step)).loss,
      gradNorm: async () => (await records.of(step)).gradNorm,
    };
    if (queue.due) await records.read();
  }
  return steps;
}

/** The records of a stage's steps, as far as they were read back. */
class StepRecords {
  readonly #queue: StepQueue;
  readonly #known = new Map<number, StepRecord>();
  #reading: Promise<void> = Promise.resolve();

  constructor(queue: StepQueue) {
    this.#queue = queue;
  }

  /** Reads back the new records, one reading at a time. */
  read(): Promise<void> {
    return this.#reading = this.#reading.then(async () => {
      for (const record of await this.#queue.read()) this.#known.set(record.step, record);
    });
  }

  async of(step: number): Promise<StepRecord> {
    if (!this.#known.has(step)) await this.read();
    return this.#known.get(step)!;
  }
}

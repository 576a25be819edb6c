/**
 * Training steps for those who own the loop.
 *
 * @module
 */
import type { StepRecord } from "../../model/mod.ts";
import { adoptTemplate } from "./stage_hooks.ts";
import { RunControl } from "./run_control.ts";
import { Events } from "../monitoring/events.ts";
import type { RunContext } from "./run_context.ts";
import { Journal } from "../monitoring/run_log.ts";
import { fitted } from "./fit_memory.ts";
import { acquireDevice, registerRun } from "./run_registry.ts";
import type { Stage } from "../stages/stage.ts";
import { orderSeed, prepareStage } from "../stages/stage_data.ts";
import { Stepper } from "./step_queue.ts";

/** One step that was enqueued. */
export interface OwnedStep {
  /** Its number over all stages, counted from 1. */
  readonly step: number;
  /** Name of its stage. */
  readonly stage: string;
  /** Learning rate of its update. */
  readonly learningRate: number;
  /** Sequences that were computed at once: fewer than asked for where the GPU's memory is too small. */
  readonly microBatch: number;
  /** Loss before its update, nats per supervised token; waits for the GPU. Not finite when the step was skipped. */
  loss(): Promise<number>;
  /** Norm of all gradients together, before clipping; waits likewise. */
  gradNorm(): Promise<number>;
}

/** The steps of a job, each enqueued when it is asked for. */
export async function* ownedSteps(
  job: RunContext,
  signal: AbortSignal | undefined,
): AsyncGenerator<OwnedStep> {
  const release = registerRun(job.model, undefined, () => `a loop over the steps of ${job.model.name}`);
  const control = new RunControl();
  const forget = control.follow(signal);
  const next = await acquireDevice(job.model.device, control.stopping);
  try {
    let before = 0;
    const stages = job.items.flatMap((item) => "stage" in item ? [item.stage] : []);
    for (const [index, stage] of stages.entries()) {
      before += yield* stageSteps(job, control, stage, index, before);
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    forget();
    next();
    release();
  }
}

async function* stageSteps(
  job: RunContext,
  control: RunControl,
  stage: Stage,
  index: number,
  before: number,
): AsyncGenerator<OwnedStep, number> {
  const { settings } = stage;
  const order = orderSeed(job.seed, index, settings.name);
  const signal = control.stopping;
  adoptTemplate({ job, journal: new Journal(new Events()) }, stage);
  const tokens = await prepareStage(job.model, stage, { seed: job.seed, order, signal });
  let stepper: Stepper | undefined;
  try {
    const { made, microBatch } = await fitted(
      job.model.device,
      settings.microBatch,
      (microBatch) => Stepper.create(job.model, { ...settings, microBatch }, tokens, order),
    );
    stepper = made;
    const records = new Records(stepper);
    for (let step = 1; step <= tokens.steps; step++) {
      await control.yieldToEventLoop();
      signal.throwIfAborted();
      stepper.enqueue(step);
      yield {
        step: before + step,
        stage: settings.name,
        learningRate: stepper.learningRate(step),
        microBatch,
        loss: async () => (await records.of(step)).loss,
        gradNorm: async () => (await records.of(step)).gradNorm,
      };
      if (stepper.due) await records.read();
    }
    return tokens.steps;
  } finally {
    stepper?.dispose();
    tokens.close();
  }
}

/** What the steps of a stage gave, as far as it was read back. */
class Records {
  readonly #known = new Map<number, StepRecord>();
  #reading: Promise<void> = Promise.resolve();

  constructor(private readonly stepper: Stepper) {}

  /** Reads back what is new; one reading at a time. */
  read(): Promise<void> {
    return this.#reading = this.#reading.then(async () => {
      for (const record of await this.stepper.read()) this.#known.set(record.step, record);
    });
  }

  async of(step: number): Promise<StepRecord> {
    if (!this.#known.has(step)) await this.read();
    return this.#known.get(step)!;
  }
}

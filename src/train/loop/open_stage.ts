/**
 * Opens a stage: adopts its chat template, prepares its data and compiles its steps.
 *
 * @module
 */
import { count } from "../../display/mod.ts";
import type { Stage } from "../stages/stage.ts";
import { orderSeed, prepareStage, type StageTokens } from "../stages/stage_data.ts";
import { createWithinMemory } from "./fit_memory.ts";
import type { RunContext } from "./run_context.ts";
import { adoptTemplate } from "./stage_hooks.ts";
import { StepQueue } from "./step_queue.ts";

/** A stage that is ready to train; disposing of it frees its memory and closes its files. */
export interface OpenStage extends Disposable {
  /** The stage. */
  readonly stage: Stage;
  /** Position of the stage among the run's stages, counted from 0. */
  readonly index: number;
  /** Its data. */
  readonly tokens: StageTokens;
  /** Its steps on the GPU. */
  readonly queue: StepQueue;
  /** Sequences that are computed at once: fewer than asked for where the GPU's memory is too small. */
  readonly microBatch: number;
}

/**
 * Opens stage `index` of a run, with at most `maxMicroBatch` sequences computed at once.
 *
 * @throws {DataError} for an empty corpus, or one from which nothing can be learned
 * @throws {ConfigError} when the stage would read a source more often than its `maxEpochs`
 * @throws {DeviceError} when not even one sequence fits into the GPU's memory
 */
export async function openStage(
  { model, seed, control, log }: Pick<RunContext, "model" | "seed" | "control" | "log">,
  stage: Stage,
  index: number,
  maxMicroBatch: number = stage.settings.microBatch,
): Promise<OpenStage> {
  const { settings } = stage;
  const signal = control.stopping;
  log.stage = settings.name;
  adoptTemplate(model, stage, log);
  log.setNote("reading data");
  const tokens = await prepareStage(model, stage, {
    seed,
    order: orderSeed(seed, index, settings.name),
    signal,
    onProgress: ({ documents }) => log.setNote(`reading data, ${count(documents)} records`),
  });
  try {
    signal.throwIfAborted();
    log.setNote("compiling");
    const { created: queue, microBatch } = await createWithinMemory(
      model.device,
      maxMicroBatch,
      (microBatch) => StepQueue.create(model, { ...settings, microBatch }, tokens),
    );
    const dispose = () => {
      queue[Symbol.dispose]();
      tokens.close();
    };
    return { stage, index, tokens, queue, microBatch, [Symbol.dispose]: dispose };
  } catch (error) {
    tokens.close();
    throw error;
  }
}

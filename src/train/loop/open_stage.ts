/**
 * Opens a stage: adopts its chat template, prepares its data and compiles its steps.
 *
 * @module
 */
import { wholeWeights } from "../../model/training/parallel/whole_weights.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import type { Stage } from "../stages/stage.ts";
import { orderSeed, prepareStage, type StageTokens } from "../stages/stage_data.ts";
import type { Vote } from "./agree.ts";
import { createWithinMemory } from "./fit_memory.ts";
import { isFirstOfHost, queueParallel } from "../ranks/run_parallel.ts";
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

/** The parts of a run that a stage needs to be opened. */
type OpeningContext = Pick<
  RunContext,
  "model" | "seed" | "control" | "log" | "parallel" | "lanes" | "agreement"
>;

/**
 * Opens stage `index` of a run, with at most `maxMicroBatch` sequences computed at once.
 *
 * @throws {DataError} for an empty corpus, or one from which nothing can be learned
 * @throws {ConfigError} when the stage would read a source more often than its `maxEpochs`
 * @throws {DeviceError} when not even one sequence fits into the GPU's memory
 */
export async function openStage(
  context: OpeningContext,
  stage: Stage,
  index: number,
  maxMicroBatch: number = stage.settings.microBatch,
): Promise<OpenStage> {
  const { model, control: { stopping }, log, parallel, lanes } = context;
  const { settings } = stage;
  log.stage = settings.name;
  adoptTemplate(model, stage, log);
  log.setNote("reading data");
  const tokens = await readData(context, stage, index);
  try {
    stopping.throwIfAborted();
    log.setNote("compiling");
    if (settings.lora || parallel.zero === 0) await wholeWeights(model, parallel.ranks);
    const { created: queue, microBatch } = await createWithinMemory(
      model.device,
      maxMicroBatch,
      (microBatch) =>
        StepQueue.create(model, { ...settings, microBatch }, tokens, queueParallel(parallel, lanes)),
      parallel.ranks.world,
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

/** Prepares a stage's data. The first rank of each host packs it, and the others of the host find it packed. */
async function readData(
  { model, seed, control: { stopping: signal }, log, parallel, agreement }: OpeningContext,
  stage: Stage,
  index: number,
): Promise<StageTokens> {
  const order = orderSeed(seed, index, stage.settings.name);
  const { hosts, rank } = parallel.ranks.world;
  // Hosts that share a file system, on which a lock may not reach from one to the other, make drafts of their own.
  const prepare = () => prepareStage(model, stage, { seed, order, signal, host: hosts?.[rank] });
  if (!agreement) return await prepare();
  const first = isFirstOfHost(parallel.ranks.world);
  const close = (tokens?: StageTokens) => tokens?.close();
  const packed = await agreement.phase(log.step, () => first ? prepare() : undefined, close);
  try {
    return await agreement.phase(log.step, () => packed ?? prepare(), close);
  } catch (error) {
    close(packed);
    throw error;
  }
}

/** Reads the windows of a step of a stage, and returns what a rank says of them before the step. */
export function fetchStep(model: Model, queue: StepQueue, step: number): Pick<Vote, "kept" | "failure"> {
  try {
    stateOf(model).device.check();
    return { kept: queue.fetch(step) };
  } catch (error) {
    return { failure: { error } };
  }
}

/**
 * The speed of training steps on this device, measured with three of them: the first compiles and warms up, the second and
 * the third are timed.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";
import { withProgress } from "../../display/mod.ts";
import type { BatchRow } from "../architecture/batch.ts";
import { trainingFlop } from "../architecture/config.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import type { TrainingStepOptions } from "../training/build_step.ts";
import { loraFlop } from "../training/lora_layout.ts";
import { loraSettings } from "../training/lora_options.ts";
import { keptTargets, TrainingStep } from "../training/training_step.ts";
import { type PlanOptions, planSettings } from "./plan_options.ts";

/** Largest number of micro-batches per measured step: with these the update, done once per step, hardly counts. [ours] */
const maxMicroBatches = 4;

/**
 * Measures the FLOP/s of this device in steps of `model`, updates included. It changes the weights: give a copy. Every rank
 * that holds a part of the model calls it at the same time; their exchanges are not counted.
 */
export async function measureSpeed(
  model: ModelHandle,
  plan: Omit<PlanOptions, "tokens">,
  presetBatch?: number,
): Promise<number> {
  const { config, layout, ranks } = stateOf(model);
  const settings = planSettings(config, { tokens: 1, ...plan }, presetBatch);
  const { context, batch, save } = settings;
  const microBatch = Math.min(batch, settings.microBatch);
  const lora = loraSettings(plan.lora);
  const options: TrainingStepOptions = {
    microBatch,
    context,
    save,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
    lora: lora && { ...lora, seed: 1 },
  };
  const shared = ranks.model.size > 1;
  const ids = Uint32Array.from({ length: context }, (_, i) => (i * 37) % config.vocabSize);
  const sequences = shared ? microBatch : Math.min(batch, maxMicroBatches * microBatch);
  const rows = Array.from({ length: sequences }, () => ({ ids, targets: ids }));
  const seconds = await withProgress("measuring the speed of training steps", {}, () => {
    return shared ? sharedSeconds(model, options, rows) : ownSeconds(model, options, rows);
  });
  const flop = lora ? loraFlop(layout, lora, context) : trainingFlop(config, context);
  return flop * rows.length * context / ranks.model.size / seconds;
}

/** Returns the seconds of a step that this process does alone. */
async function ownSeconds(
  model: ModelHandle,
  options: TrainingStepOptions,
  rows: readonly BatchRow[],
): Promise<number> {
  const step = await TrainingStep.create(model, options);
  try {
    step.run(rows, 1, 0);
    await step.read();
    const start = performance.now();
    for (const n of [2, 3]) step.run(rows, n, 0);
    await step.read();
    return (performance.now() - start) / 2 / 1000;
  } finally {
    step.dispose();
  }
}

/** Returns the seconds that the device computes in a step of one micro-batch, which several ranks do together. */
async function sharedSeconds(
  model: ModelHandle,
  options: TrainingStepOptions,
  rows: readonly BatchRow[],
): Promise<number> {
  const { ranks } = stateOf(model);
  const { ParallelStep } = await lazily(() => import("../training/parallel/parallel_step.ts"));
  const step = await ParallelStep.create(model, options, { ranks, lanes: ranks.data.size, overlap: false });
  try {
    const kept = ranks.data.size * keptTargets(rows);
    let warm = 0;
    for (const n of [1, 2, 3]) {
      await step.run([rows], n, 0, kept);
      await step.read();
      if (n === 1) warm = step.trace().length;
    }
    const computed = step.trace().slice(warm).filter(({ kind }) => kind === "compute");
    return computed.reduce((sum, { begin, end }) => sum + end - begin, 0) / 2 / 1000;
  } finally {
    step.dispose();
  }
}

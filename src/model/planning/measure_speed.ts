/**
 * The speed of training steps on this device, measured with three of them: the first compiles and warms up, the second and
 * the third are timed.
 *
 * @module
 */
import { trainingFlop } from "../architecture/config.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { loraFlop } from "../training/lora_layout.ts";
import { loraSettings } from "../training/lora_options.ts";
import { TrainingStep } from "../training/training_step.ts";
import { type PlanOptions, planSettings } from "./plan_options.ts";

/** Largest number of micro-batches per measured step: with these the update, done once per step, hardly counts. [ours] */
const maxMicroBatches = 4;

/** Measures the FLOP/s of steps of `model`, updates included. It changes the weights: give a copy. */
export async function measureSpeed(
  model: ModelHandle,
  plan: Omit<PlanOptions, "tokens">,
  presetBatch?: number,
): Promise<number> {
  const { config, layout } = stateOf(model);
  const { context, batch, microBatch: most, save } = planSettings(
    config,
    { tokens: 1, ...plan },
    presetBatch,
  );
  const microBatch = Math.min(batch, most);
  const lora = loraSettings(plan.lora);
  const step = await TrainingStep.create(model, {
    microBatch,
    context,
    save,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
    lora: lora && { ...lora, seed: 1 },
  });
  try {
    const ids = Uint32Array.from({ length: context }, (_, i) => (i * 37) % config.vocabSize);
    const sequences = Math.min(batch, maxMicroBatches * microBatch);
    const rows = Array.from({ length: sequences }, () => ({ ids, targets: ids }));
    step.run(rows, 1, 0);
    await step.read();
    const start = performance.now();
    for (const n of [2, 3]) step.run(rows, n, 0);
    await step.read();
    const seconds = (performance.now() - start) / 2 / 1000;
    const flop = lora ? loraFlop(layout, lora, context) : trainingFlop(config, context);
    return flop * rows.length * context / seconds;
  } finally {
    step.dispose();
  }
}

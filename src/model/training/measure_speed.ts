/**
 * The speed of training steps on this device, measured with three of them: the first compiles and warms, the second and
 * the third are timed.
 *
 * @module
 */
import { trainingFlop } from "../architecture/config.ts";
import { loraSettings } from "./lora_options.ts";
import { loraFlop } from "./lora_layout.ts";
import type { ModelState } from "../model_state.ts";
import type { PlanOptions } from "./training_plan.ts";
import { TrainingStep } from "./training_step.ts";

/** Micro-batches of a measured step at most: with more of them the update, done once a step, hardly weighs. */
const most = 4;

/** Achieved FLOP/s of steps of `model`, updates included. Its weights are touched: give a copy. */
export async function measureSpeed(
  model: ModelState,
  plan: Omit<PlanOptions, "tokens">,
  presetBatch?: number,
): Promise<number> {
  const context = plan.context ?? model.config.context;
  const batchTokens = plan.batchTokens ?? presetBatch ?? 16 * context;
  const batch = Math.max(1, Math.round(batchTokens / context));
  const microBatch = Math.min(batch, plan.microBatch ?? Math.max(1, Math.floor(1024 / context)));
  const lora = loraSettings(plan.lora);
  const step = await TrainingStep.create(model, {
    microBatch,
    context,
    save: plan.save ?? "all",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
    lora: lora && { ...lora, seed: 1 },
  });
  try {
    const ids = Uint32Array.from({ length: context }, (_, i) => (i * 37) % model.config.vocabSize);
    const rows = Array.from({ length: Math.min(batch, most * microBatch) }, () => ({ ids, targets: ids }));
    step.run(rows, 1, 0);
    await step.read();
    const start = performance.now();
    for (const n of [2, 3]) step.run(rows, n, 0);
    await step.read();
    const seconds = (performance.now() - start) / 2 / 1000;
    const flop = lora ? loraFlop(model.layout, lora, context) : trainingFlop(model.config, context);
    return flop * rows.length * context / seconds;
  } finally {
    step.dispose();
  }
}

/**
 * The speed of training steps on this device, measured with two of them.
 *
 * @module
 */
import { trainingFlop } from "./config.ts";
import type { ModelState } from "./state.ts";
import type { PlanOptions } from "./plan.ts";
import { TrainingStep } from "./training_step.ts";

/** Achieved FLOP/s of a step of `model`. Its weights are touched: give a copy. */
export async function measureSpeed(model: ModelState, plan: PlanOptions): Promise<number> {
  const context = plan.context ?? model.config.context,
    microBatch = plan.microBatch ?? Math.max(1, Math.floor(1024 / context));
  const step = await TrainingStep.create(model, {
    microBatch,
    context,
    save: plan.save ?? "all",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clip: 1,
  });
  try {
    const ids = Uint32Array.from({ length: context }, (_, i) => i % model.config.vocabSize);
    const rows = Array.from({ length: microBatch }, () => ({ ids, targets: ids }));
    step.run(rows, 1, 0);
    await step.read(); // compiled and warm
    const start = performance.now();
    step.run(rows, 2, 0);
    await step.read();
    return trainingFlop(model.config, context) * microBatch * context / ((performance.now() - start) / 1000);
  } finally {
    step.dispose();
  }
}

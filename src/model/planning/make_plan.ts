/**
 * The cost of a training run, planned before anything is spent; a 65B is planned on a laptop without a GPU.
 *
 * @module
 */
import type { DeviceProfile } from "../../gpu/mod.ts";
import { countParameters, type ModelConfig, trainingFlop } from "../architecture/config.ts";
import { AdapterLayout, loraFlop } from "../training/lora_layout.ts";
import { loraSettings } from "../training/lora_options.ts";
import { stepMemory } from "../training/step_memory.ts";
import { WeightLayout } from "../weights/weight_layout.ts";
import { planParallel } from "./plan_parallel.ts";
import type { PlanFacts } from "./plan_facts.ts";
import { type PlanOptions, planSettings } from "./plan_options.ts";
import { Plan } from "./training_plan.ts";

/** A model whose training is planned. */
interface PlanSubject {
  /** Its name. */
  name: string;
  /** Its shape. */
  config: ModelConfig;
  /** Tokens per batch that its preset recommends. */
  presetBatch?: number;
  /** The device that trains it; without one the step is recorded with the plain kernels. */
  device?: DeviceProfile;
  /** Measures the speed. Returns the same plan with it. */
  measure?: () => Promise<Plan>;
}

/**
 * Plans a training run.
 *
 * @throws {ConfigError} for an unknown option, or processes that cannot hold the model together
 */
export function makePlan(subject: PlanSubject, options: PlanOptions): Plan {
  const { name, config, presetBatch, device, measure } = subject;
  const o = planSettings(config, options, presetBatch);
  const layout = new WeightLayout(config);
  const lora = loraSettings(o.lora, "plan.lora");
  const parameters = countParameters(config);
  const flopPerToken = lora ? loraFlop(layout, lora, o.context) : trainingFlop(config, o.context);
  const flop = flopPerToken * o.tokens;
  const steps = Math.ceil(o.tokens / o.batchTokens);
  const { microBatch, context, save, dtype } = o;
  const memory = { microBatch, context, save, dtype, lora };
  const network = o.network === "measured" ? undefined : o.network;
  const parallel = o.ranks.processes === 1
    ? undefined
    : planParallel({ config, settings: o, memory, device, network, flopPerToken });
  const facts: PlanFacts = {
    parameters,
    trainable: lora ? new AdapterLayout(layout, lora).trainable : parameters.total,
    tokens: o.tokens,
    batchTokens: o.batchTokens,
    steps,
    flopPerToken,
    flop,
    bytes: parallel?.memory[0].bytes ?? stepMemory(config, memory, device),
    ...(parallel && { parallel }),
  };
  if (o.device) {
    const { flops, watts } = o.device;
    const { processes } = o.ranks;
    facts.flops = flops;
    facts.seconds = parallel?.step
      ? parallel.step.total * o.tokens / o.batchTokens
      : flop / (flops * processes);
    if (watts) {
      facts.wattHours = facts.seconds / 3600 * watts * processes * o.pue;
      facts.gramsCO2eq = facts.wattHours * o.gridKgPerKWh;
    }
  }
  return new Plan(name, facts, measure);
}

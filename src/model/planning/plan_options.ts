/**
 * The options of a plan: the run, the processes that share it, their network, and what a device costs.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Save } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { ChosenParts, ModelParts, OwnForward } from "../architecture/model_config.ts";
import { checkUncut, partsSchema } from "../architecture/parts.ts";
import { checkShards } from "../architecture/shard.ts";
import type { LoraOptions } from "../training/lora_options.ts";
import { laneMicroBatch } from "../training/parallel/lane_micro_batch.ts";
import type { MeasuredNetwork, NetworkFigures } from "./network.ts";

/** The processes that train together in a plan. */
export interface PlanParallel {
  /** Number of processes, each with a device of its own. */
  processes: number;
  /** Processes that hold one copy of the model (default 1); it divides their number, and the heads of the model. */
  model?: number;
  /** Parts of a batch whose gradients are summed apart (default: one for each copy of the model). */
  lanes?: number;
  /** `1` (default): each copy of the model keeps the moments of its share of the weights. `0`: each keeps all of them. */
  zero?: 0 | 1;
  /** True where exchanges and computation may go on at the same time (default true). */
  overlap?: boolean;
}

/** The run to plan. */
export interface PlanOptions {
  /** Tokens to train on. */
  tokens: number;
  /** Tokens per batch (default: the preset's, else 16 sequences). */
  batchTokens?: number;
  /** Positions per sequence (default: the model's context). */
  context?: number;
  /** Sequences per micro-batch (default: as many as make 1,024 positions, at least 1); of several lanes, at most a lane's. */
  microBatch?: number;
  /** The activations that the forward pass keeps (default "all"). */
  save?: Save;
  /** Trains adapters instead of the weights, as in a stage (default false). */
  lora?: boolean | LoraOptions;
  /** Parts in place of the paper's, of a preset or a shape, as in `Model.create` (default: the shape's). */
  parts?: ModelParts | OwnForward | ChosenParts;
  /** Number format of the weights that products read, and of activations (default: the model's, else "f32"). */
  dtype?: "f32" | "f16";
  /** Devices that train together: a short form of `parallel: { processes }`. */
  devices?: number;
  /** The processes that train together (default: those of the launcher for a model, else 1). */
  parallel?: PlanParallel;
  /**
   * Speed of the network between them: figures, those of a plan that was measured, or `"measured"`, which `plan.measure()`
   * fills in. Without it the bytes that are sent are known, and no seconds.
   */
  network?: NetworkFigures | MeasuredNetwork | "measured";
  /**
   * Speed and power: achieved FLOP/s of a device, exchanges with other processes not counted, and its watts. Without them time
   * and energy stay unknown.
   */
  device?: { flops: number; watts?: number };
  /** Power usage effectiveness of the data centre (default 1.1 [paper 6]). */
  pue?: number;
  /** kg CO2eq per kWh (default 0.385, the US average [paper 6]). */
  gridKgPerKWh?: number;
}

const count = z.int().min(1);
const parallelSchema = optionsSchema<PlanParallel>("PlanParallel")(z.strictObject({
  processes: count,
  model: count.default(1),
  lanes: count.optional(),
  zero: z.union([z.literal(0), z.literal(1)]).default(1),
  overlap: z.boolean().default(true),
}));
const networkSchema = optionsSchema<NetworkFigures>("NetworkFigures")(z.strictObject({
  latency: z.number().min(0),
  bandwidth: z.number().positive(),
  staging: z.number().positive(),
}));
const measuredSchema = z.custom<MeasuredNetwork>((value) =>
  typeof value === "object" && value !== null && "links" in value
);
const planSchema = optionsSchema<PlanOptions>("PlanOptions")(z.strictObject({
  tokens: z.number().min(1),
  batchTokens: count.optional(),
  context: count.optional(),
  microBatch: count.optional(),
  save: z.enum(["all", "linear", "block"]).default("all"),
  lora: z.custom<boolean | LoraOptions>().optional(),
  parts: partsSchema.optional(),
  dtype: z.enum(["f32", "f16"]).default("f32"),
  devices: count.optional(),
  parallel: parallelSchema.optional(),
  network: z.union([networkSchema, measuredSchema, z.literal("measured")]).optional(),
  device: z.strictObject({ flops: z.number().positive(), watts: z.number().positive().optional() })
    .optional(),
  pue: z.number().min(1).default(1.1),
  gridKgPerKWh: z.number().min(0).default(0.385),
}));

/** The processes of a plan: `data` copies of the model, each held by `model` ranks. */
export interface PlannedRanks extends Required<PlanParallel> {
  /** Copies of the model. */
  data: number;
}

/** Options of a plan, checked, with defaults. */
export interface PlanSettings extends Omit<z.output<typeof planSchema>, "devices" | "parallel"> {
  /** Positions per sequence. */
  context: number;
  /** Sequences per batch. */
  batch: number;
  /** Tokens per batch. */
  batchTokens: number;
  /** Sequences per micro-batch. */
  microBatch: number;
  /** The processes. */
  ranks: PlannedRanks;
}

/**
 * Checks the options of a plan and fills in defaults.
 *
 * @param presetBatch tokens per batch that the model's preset recommends
 * @throws {ConfigError} naming the option
 */
export function planSettings(config: ModelConfig, options: PlanOptions, presetBatch?: number): PlanSettings {
  const { devices, parallel, ...o } = parseOptions(planSchema, options, "plan");
  if (devices !== undefined && parallel) {
    throw new ConfigError(
      "Cannot use plan.devices together with plan.parallel: devices is a short form of parallel: { processes }, " +
        `current values are ${devices} and ${parallel.processes}`,
      { path: "plan.devices", value: devices },
    );
  }
  const ranks = plannedRanks(config, parallel ?? parallelSchema.parse({ processes: devices ?? 1 }));
  const context = o.context ?? config.context;
  const batchTokens = o.batchTokens ?? presetBatch ?? 16 * context;
  const batch = Math.max(1, Math.round(batchTokens / context));
  const lane = Math.max(1, Math.floor(batchTokens / context / ranks.lanes));
  const microBatch = o.microBatch ?? Math.max(1, Math.min(lane, Math.floor(1024 / context)));
  const settings = { ...o, context, batch, batchTokens, microBatch, ranks };
  if (ranks.processes === 1 && ranks.lanes === 1) return settings;
  return { ...settings, microBatch: laneMicroBatch(settings, ranks.lanes, ranks.model) };
}

function plannedRanks(
  config: ModelConfig,
  { processes, model, lanes, zero, overlap }: z.output<typeof parallelSchema>,
): PlannedRanks {
  const refuse = (name: string, rule: string, value: number) => {
    throw new ConfigError(`Cannot use plan.parallel.${name}: ${rule}, current value is ${value}`, {
      path: `plan.parallel.${name}`,
      value,
    });
  };
  checkShards(config, model, "plan.parallel.model");
  checkUncut(config, model, "plan.parallel.model");
  if (processes % model) refuse("processes", `it must be a multiple of parallel.model, ${model}`, processes);
  const data = processes / model;
  if (lanes !== undefined && lanes % data) {
    refuse("lanes", `it must be a multiple of the copies of the model, ${data}`, lanes);
  }
  return { processes, model, data, lanes: lanes ?? data, zero, overlap };
}

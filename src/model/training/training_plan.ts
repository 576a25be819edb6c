/**
 * The cost of a training run, planned before anything is spent; a 65B is planned on a laptop without a GPU.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import {
  bytes as showBytes,
  count,
  Displayable,
  duration,
  keyValues,
  type Picture,
} from "../../display/mod.ts";
import type { DeviceProfile, Save } from "../../gpu/mod.ts";
import {
  countParameters,
  type ModelConfig,
  type ParameterCount,
  trainingFlop,
} from "../architecture/config.ts";
import { WeightLayout } from "../weights/weight_layout.ts";
import { AdapterLayout, loraFlop } from "./lora_layout.ts";
import { type LoraOptions, loraSettings } from "./lora_options.ts";
import { type PlanBytes, stepMemory } from "./step_memory.ts";

/** The run to plan. */
export interface PlanOptions {
  /** Tokens to train on. */
  tokens: number;
  /** Tokens per batch (default: the preset's, else 16 sequences). */
  batchTokens?: number;
  /** Positions per sequence (default: the model's context). */
  context?: number;
  /** Sequences per micro-batch (default: as many as make 1,024 positions, at least 1). */
  microBatch?: number;
  /** The activations that the forward pass keeps (default "all"). */
  save?: Save;
  /** Trains adapters instead of the weights, as in a stage (default false). */
  lora?: boolean | LoraOptions;
  /** Number format of the weights that products read, and of activations (default: the model's, else "f32"). */
  dtype?: "f32" | "f16";
  /** Devices that train together (default 1). */
  devices?: number;
  /** Speed and power: achieved FLOP/s of a device, and its watts. Without them time and energy stay unknown. */
  device?: { flops: number; watts?: number };
  /** Power usage effectiveness of the data centre (default 1.1, as in the paper). */
  pue?: number;
  /** kg CO2eq per kWh (default 0.385, the US average, as in the paper). */
  gridKgPerKWh?: number;
}

const planSchema = optionsSchema<PlanOptions>()(z.strictObject({
  tokens: z.number().min(1),
  batchTokens: z.int().min(1).optional(),
  context: z.int().min(1).optional(),
  microBatch: z.int().min(1).optional(),
  save: z.enum(["all", "linear", "block"]).default("all"),
  lora: z.custom<boolean | LoraOptions>().optional(),
  dtype: z.enum(["f32", "f16"]).default("f32"),
  devices: z.int().min(1).default(1),
  device: z.strictObject({ flops: z.number().positive(), watts: z.number().positive().optional() })
    .optional(),
  pue: z.number().min(1).default(1.1),
  gridKgPerKWh: z.number().min(0).default(0.385),
}));

/** The facts of a plan. */
export interface PlanFacts {
  /** Numbers of weights by part. */
  parameters: ParameterCount;
  /** Number of weights that are trained: all, or those of adapters. */
  trainable: number;
  /** Tokens to train on. */
  tokens: number;
  /** Tokens per batch. */
  batchTokens: number;
  /** Number of updates. */
  steps: number;
  /** Floating-point operations per token. */
  flopPerToken: number;
  /** Floating-point operations of the whole run. */
  flop: number;
  /** Memory on one device. */
  bytes: PlanBytes;
  /** Wall-clock seconds; undefined unless a speed is known. */
  seconds?: number;
  /** Energy in watt-hours; undefined unless speed and power are known. */
  wattHours?: number;
  /** Emissions in grams of CO2eq; undefined unless the energy is known. */
  gramsCO2eq?: number;
}

/** The plan of a training run, shown as a table of its cost. */
export class Plan extends Displayable {
  readonly #measure?: () => Promise<Plan>;

  /** Wraps the facts of a plan; use `Model.plan` and `model.plan`. */
  constructor(
    /** Name of the model. */
    readonly name: string,
    /** The numbers of the plan. */
    readonly facts: PlanFacts,
    measure?: () => Promise<Plan>,
  ) {
    super();
    this.#measure = measure;
  }

  /**
   * Runs three steps on the GPU. Returns the plan with the speed of the last two.
   *
   * @throws {ConfigError} for the plan of a preset or a shape
   */
  measure(): Promise<Plan> {
    if (this.#measure) return this.#measure();
    throw new ConfigError(
      "Cannot measure a plan without a model: use (await Model.create(...)).plan(...).measure()",
    );
  }

  /** The numbers of the plan. */
  toJSON(): PlanFacts {
    return this.facts;
  }

  /** A table of the numbers. */
  picture(): Picture {
    const f = this.facts;
    const unknown = "not measured: await plan.measure()";
    return keyValues(`Plan of ${this.name}`, [
      ["parameters", `${count(f.parameters.total)} (${count(f.parameters.blocks)} without embeddings)`],
      ...(f.bytes.frozen === undefined
        ? []
        : [["trained", `${count(f.trainable)} in adapters`] as [string, string]]),
      ["tokens", `${count(f.tokens)} in ${count(f.steps)} steps of ${count(f.batchTokens)}`],
      ["FLOPs", `${f.flop.toExponential(2)} (${count(f.flopPerToken)} per token)`],
      ["weights", showBytes(f.bytes.weights) + halves(f.bytes)],
      ...(f.bytes.frozen === undefined
        ? []
        : [["frozen copy", showBytes(f.bytes.frozen)] as [string, string]]),
      ["gradients", showBytes(f.bytes.gradients)],
      ["moments", showBytes(f.bytes.moments)],
      ["activations", showBytes(f.bytes.activations)],
      ["memory", showBytes(f.bytes.total)],
      ["time", f.seconds === undefined ? unknown : duration(f.seconds)],
      [
        "energy",
        f.wattHours === undefined ? "unknown: give device.watts" : `${f.wattHours.toPrecision(4)} Wh`,
      ],
      ["carbon", f.gramsCO2eq === undefined ? "unknown" : `${f.gramsCO2eq.toPrecision(4)} g CO2eq`],
    ]);
  }
}

/** Returns the share of the halves, for weights of dtype "f16". */
function halves({ weights, halves }: PlanBytes): string {
  return halves === undefined ? "" : `: ${showBytes(weights - halves)} in f32, ${showBytes(halves)} in f16`;
}

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
 * @throws {ConfigError} for an unknown option
 */
export function makePlan(
  { name, config, presetBatch, device, measure }: PlanSubject,
  options: PlanOptions,
): Plan {
  const o = parseOptions(planSchema, options, "plan");
  const context = o.context ?? config.context;
  const batchTokens = o.batchTokens ?? presetBatch ?? 16 * context;
  const layout = new WeightLayout(config);
  const lora = loraSettings(o.lora, "plan.lora");
  const parameters = countParameters(config);
  const flopPerToken = lora ? loraFlop(layout, lora, context) : trainingFlop(config, context);
  const flop = flopPerToken * o.tokens;
  const microBatch = o.microBatch ??
    Math.max(1, Math.min(Math.floor(batchTokens / context), Math.floor(1024 / context)));
  const facts: PlanFacts = {
    parameters,
    trainable: lora ? new AdapterLayout(layout, lora).trainable : parameters.total,
    tokens: o.tokens,
    batchTokens,
    steps: Math.ceil(o.tokens / batchTokens),
    flopPerToken,
    flop,
    bytes: stepMemory(config, { microBatch, context, save: o.save, dtype: o.dtype, lora }, device),
  };
  if (o.device) {
    facts.seconds = flop / (o.device.flops * o.devices);
    if (o.device.watts) {
      facts.wattHours = facts.seconds / 3600 * o.device.watts * o.devices * o.pue;
      facts.gramsCO2eq = facts.wattHours * o.gridKgPerKWh;
    }
  }
  return new Plan(name, facts, measure);
}

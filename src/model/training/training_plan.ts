/**
 * What a training run will cost, before anything is spent: a 65B is planned on a laptop, without a GPU.
 *
 * Activations are not estimated: the step is recorded without a device, and the memory plan of the recording counted.
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
import { type DeviceProfile, type DType, Recorder, type Save, Tensor } from "../../gpu/mod.ts";
import { lossSum, outputLoss } from "../../ops/mod.ts";
import {
  countParameters,
  type ModelConfig,
  type ParameterCount,
  trainingFlop,
} from "../architecture/config.ts";
import { llama } from "../architecture/llama.ts";
import { type LoraOptions, type LoraSettings, loraSettings } from "./lora_options.ts";
import { adaptedViews } from "./lora_adapters.ts";
import { AdapterLayout, loraFlop } from "./lora_layout.ts";
import { WeightLayout } from "../weights/weight_layout.ts";

/** What to plan for. */
export interface PlanOptions {
  /** Tokens to train on. */
  tokens: number;
  /** Tokens of a batch (default: the preset's, else 16 sequences). */
  batchTokens?: number;
  /** Positions of a sequence (default: the model's context). */
  context?: number;
  /** Sequences of a micro-batch (default: as many as make 1,024 positions, at least 1). */
  microBatch?: number;
  /** What the forward pass keeps (default "all"). */
  save?: Save;
  /** Train adapters instead of the weights, as in a stage (default false). */
  lora?: boolean | LoraOptions;
  /** Number format of the working copy of the weights and of activations (default: the model's, else "f32"). */
  dtype?: "f32" | "f16";
  /** Devices that work side by side (default 1). */
  devices?: number;
  /** Speed and power: achieved FLOP/s of a device, and its watts. Without it time and energy stay unknown. */
  device?: { flops: number; watts?: number };
  /** Power usage effectiveness of the place (default 1.1, as in the paper). */
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

/** Bytes on one device, by part. */
export interface PlanBytes {
  /** Weights in f32, and their working copy where there is one; adapters, where those are trained. */
  weights: number;
  /** The frozen copy of the matrices that are adapted, where adapters are trained. */
  frozen?: number;
  /** Gradients in f32. */
  gradients: number;
  /** Both moments in f32. */
  moments: number;
  /** Activations and scratch of one micro-batch under the save policy. */
  activations: number;
  /** All of it. */
  total: number;
}

/** The facts of a plan. */
export interface PlanFacts {
  /** Weights by part. */
  parameters: ParameterCount;
  /** Weights that are trained: all, or those of adapters. */
  trainable: number;
  /** Tokens to train on. */
  tokens: number;
  /** Tokens of a batch. */
  batchTokens: number;
  /** Updates. */
  steps: number;
  /** Floating-point operations a token. */
  flopPerToken: number;
  /** All floating-point operations. */
  flop: number;
  /** Memory. */
  bytes: PlanBytes;
  /** Wall-clock seconds, if a speed is known. */
  seconds?: number;
  /** Energy in watt-hours, if speed and power are known. */
  wattHours?: number;
  /** Emissions in grams of CO2eq, if the energy is known. */
  gramsCO2eq?: number;
}

/** A plan that shows itself. */
export class Plan extends Displayable {
  /** Plans `config`; `measure` makes the same plan with a measured speed. */
  constructor(
    /** Name of the model. */
    readonly name: string,
    /** What was found. */
    readonly facts: PlanFacts,
    private readonly measured?: () => Promise<Plan>,
  ) {
    super();
  }

  /** Runs three steps on the GPU and gives the plan with the speed of the last two. */
  measure(): Promise<Plan> {
    if (this.measured) return this.measured();
    throw new ConfigError(
      "Cannot measure a plan without a model: use (await Model.create(...)).plan(...).measure()",
    );
  }

  /** The facts. */
  toJSON(): PlanFacts {
    return this.facts;
  }

  /** A table of the facts. */
  picture(): Picture {
    const f = this.facts;
    const unknown = "not measured: await plan.measure()";
    return keyValues(`Plan of ${this.name}`, [
      ["parameters", `${count(f.parameters.total)} (${count(f.parameters.blocks)} without embeddings)`],
      ...(f.bytes.frozen === undefined
        ? []
        : [["trained", `${count(f.trainable)} in adapters`] as [string, string]]),
      ["tokens", `${count(f.tokens)} in ${count(f.steps)} steps of ${count(f.batchTokens)}`],
      ["FLOPs", `${f.flop.toExponential(2)} (${count(f.flopPerToken)} a token)`],
      ["weights", showBytes(f.bytes.weights)],
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

/** Plans a configuration. */
export function makePlan(
  name: string,
  config: ModelConfig,
  given: PlanOptions,
  presetBatch?: number,
  measured?: () => Promise<Plan>,
  target: DeviceProfile = nowhere,
): Plan {
  const o = parseOptions(planSchema, given, "plan");
  const context = o.context ?? config.context;
  const batchTokens = o.batchTokens ?? presetBatch ?? 16 * context;
  const layout = new WeightLayout(config);
  const lora = loraSettings(o.lora, "plan.lora");
  const parameters = countParameters(config);
  const flopPerToken = lora ? loraFlop(layout, lora, context) : trainingFlop(config, context);
  const flop = flopPerToken * o.tokens;
  const microBatch = o.microBatch ??
    Math.max(1, Math.min(Math.floor(batchTokens / context), Math.floor(1024 / context)));
  const activations = activationBytes(config, microBatch, context, { ...o, lora }, target);
  const adapters = lora && new AdapterLayout(layout, lora);
  const bytes = { ...heldBytes(layout, o.dtype, adapters), activations, total: 0 };
  bytes.total = bytes.weights + (bytes.frozen ?? 0) + bytes.gradients + bytes.moments + activations;
  const facts: PlanFacts = {
    parameters,
    trainable: adapters?.trainable ?? parameters.total,
    tokens: o.tokens,
    batchTokens,
    steps: Math.ceil(o.tokens / batchTokens),
    flopPerToken,
    flop,
    bytes,
  };
  if (o.device) {
    facts.seconds = flop / (o.device.flops * o.devices);
    if (o.device.watts) {
      facts.wattHours = facts.seconds / 3600 * o.device.watts * o.devices * o.pue;
      facts.gramsCO2eq = facts.wattHours * o.gridKgPerKWh;
    }
  }
  return new Plan(name, facts, measured);
}

/** Bytes of everything but activations. */
function heldBytes(
  { size }: WeightLayout,
  dtype: "f32" | "f16",
  adapters?: AdapterLayout,
): Omit<PlanBytes, "activations" | "total"> {
  const weights = (dtype === "f16" ? 6 : 4) * size;
  if (!adapters) return { weights, gradients: 4 * size, moments: 8 * size };
  const own = 4 * adapters.size;
  const wide = 4 * adapters.wide;
  return {
    weights: weights + own + wide,
    frozen: 4 * adapters.frozen.size,
    gradients: own + wide,
    moments: 2 * own,
  };
}

/** A device that is not there: recordings for it have sizes but no memory. */
const nowhere: DeviceProfile = {
  family: "plain",
  subgroup: 0,
  int64: false,
  limits: { maxStorageBufferBindingSize: 2 ** 31 },
};

/** Bytes of activations and scratch of one training step, from the memory plan of its recording. */
export function activationBytes(
  config: ModelConfig,
  batch: number,
  context: number,
  { save, dtype, lora }: { save: Save; dtype: "f32" | "f16"; lora?: LoraSettings },
  target: DeviceProfile = nowhere,
): number {
  const R = batch * context;
  const layout = new WeightLayout(config);
  const r = new Recorder(target, save);
  const outside = (name: string, shape: number[], dtype: DType = "f32") =>
    new Tensor(name, shape, dtype, { name, bytes: 0, buffer: {} as GPUBuffer, offset: 0 });
  const arena = outside("weights", [layout.size]);
  const working = dtype === "f16" ? outside("working copy", [layout.size], dtype) : undefined;
  const adapters = lora && new AdapterLayout(layout, lora);
  const flat = (name: string, size = 0) => outside(name, [size]);
  const weights = adapters
    ? adaptedViews({ arena, halfWeights: working }, adapters, {
      arena: flat("adapters", adapters.size),
      gradients: flat("gradients", adapters.size),
      wide: flat("wide B", adapters.wide),
      wideGradients: flat("wide B's gradients", adapters.wide),
    })
    : layout.views({ arena, halfWeights: working }, flat("gradients", layout.size));
  const ids = (name: string, shape: number[]) => outside(name, shape, "u32");
  const tokens = {
    ids: ids("ids", [R]),
    tokens: ids("tokens", [R]),
    runs: ids("runs", [R + 1]),
    order: ids("order", [R]),
  };
  const angles = outside("angles", [context, 2, config.dim / config.heads / 2]);
  const x = llama(r, weights, {
    tokens,
    positions: ids("positions", [R]),
    spans: ids("spans", [R, 2]),
    angles,
    batch,
  }, config);
  const step = outside("step", [8]);
  const nll = r.tensor("nll", [R]);
  outputLoss(r, x, weights.output, { targets: outside("targets", [R], "i32"), scale: step, nll });
  lossSum(r, nll, step, outside("loss", [1]));
  r.backward();
  return r.measure().bytes;
}

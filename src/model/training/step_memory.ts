/**
 * The memory of a training step, counted without a device.
 *
 * Activations are not estimated: the step is recorded with tensors that have no memory, and the memory plan of the
 * recording is counted.
 *
 * @module
 */
import { type DeviceProfile, type DType, Recorder, type Save, Tensor } from "../../gpu/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { Arena } from "../weights/arena.ts";
import type { ArenaLayout } from "../weights/arena_layout.ts";
import { packedBytes, PackedWeights } from "../weights/packed_weights.ts";
import { WeightLayout } from "../weights/weight_layout.ts";
import { adaptedViews } from "./lora_adapters.ts";
import { AdapterLayout } from "./lora_layout.ts";
import type { LoraSettings } from "./lora_options.ts";
import { recordMicroBatch } from "./micro_batch.ts";
import { headDim } from "../architecture/shard.ts";

/** Bytes on one device, by part. */
export interface PlanBytes {
  /** Weights in f32, the halves that products read if there are such, and adapters if those are trained. */
  weights: number;
  /** The part of the weights that products read as halves, of dtype "f16". */
  halves?: number;
  /** The frozen copy of the matrices that are adapted, if adapters are trained. */
  frozen?: number;
  /** Gradients in f32. */
  gradients: number;
  /** Both moments in f32. */
  moments: number;
  /** Activations and scratch of one micro-batch under the save policy. */
  activations: number;
  /** The sum of all. */
  total: number;
}

/** The profile of a plan without a device: plain kernels, half precision, and buffers of up to 2 GiB. */
const defaultProfile: DeviceProfile = {
  family: "plain",
  subgroup: 0,
  subgroups: false,
  int64: false,
  f16: true,
  limits: {
    maxBufferSize: 2 ** 31 - 1,
    maxStorageBufferBindingSize: 2 ** 31 - 1,
    maxComputeWorkgroupStorageSize: 2 ** 14,
  },
};

/** The step whose memory is counted. */
export interface MemorySettings {
  /** Sequences per micro-batch. */
  microBatch: number;
  /** Positions per sequence. */
  context: number;
  /** The activations that the forward pass keeps. */
  save: Save;
  /** Number format of the weights that products read, and of activations. */
  dtype: "f32" | "f16";
  /** Adapters that are trained instead of the weights. */
  lora?: LoraSettings;
}

/** Counts the bytes of a training step; without `device` it is recorded with the plain kernels. */
export function stepMemory(config: ModelConfig, settings: MemorySettings, device?: DeviceProfile): PlanBytes {
  const bytes = { ...fixedBytes(config, settings), activations: activationBytes(config, settings, device) };
  const { weights, frozen = 0, gradients, moments, activations } = bytes;
  return { ...bytes, total: weights + frozen + gradients + moments + activations };
}

/** Counts the bytes of everything but activations. */
function fixedBytes(
  config: ModelConfig,
  { dtype, lora }: MemorySettings,
): Omit<PlanBytes, "activations" | "total"> {
  const layout = new WeightLayout(config);
  const { size } = layout.places;
  const halves = dtype === "f16" ? { halves: packedBytes(layout, dtype) } : {};
  const weights = 4 * size + (halves.halves ?? 0);
  if (!lora) return { weights, ...halves, gradients: 4 * size, moments: 8 * size };
  const adapters = new AdapterLayout(layout, lora);
  const thin = 4 * adapters.places.size;
  const wide = 4 * adapters.wide.size;
  return {
    weights: weights + thin + wide,
    ...halves,
    frozen: 4 * adapters.frozen.places.size,
    gradients: thin + wide,
    moments: 2 * thin,
  };
}

/** Counts the bytes of activations and scratch of one micro-batch. */
function activationBytes(
  config: ModelConfig,
  { microBatch, context, save, dtype, lora }: MemorySettings,
  device: DeviceProfile = defaultProfile,
): number {
  const R = microBatch * context;
  const layout = new WeightLayout(config);
  const outside = (name: string, shape: number[], dtype: DType = "f32") =>
    new Tensor(name, shape, dtype, { name, bytes: 0, buffer: {} as GPUBuffer, offset: 0 });
  const flat = (name: string, places: ArenaLayout, dtype?: DType) =>
    Arena.planned(device.limits, name, places, dtype);
  const ids = (name: string, ...shape: number[]) => outside(name, shape, "u32");
  const arenas = {
    trained: flat("weights", layout.places),
    packed: dtype === "f16" ? PackedWeights.planned(device.limits, layout, dtype) : undefined,
  };
  const adapters = lora && new AdapterLayout(layout, lora);
  const weights = adapters
    ? adaptedViews(arenas, adapters, {
      arena: flat("adapters", adapters.places),
      gradients: flat("gradients", adapters.places),
      wide: flat("wide B", adapters.wide),
      wideGradients: flat("wide B's gradients", adapters.wide),
    })
    : layout.views(arenas, flat("gradients", layout.places));
  const input = {
    tokens: {
      ids: ids("ids", R),
      tokens: ids("tokens", R),
      runs: ids("runs", R + 1),
      order: ids("order", R),
    },
    positions: ids("positions", R),
    spans: ids("spans", R, 2),
    angles: outside("angles", [context, 2, headDim(config) / 2]),
    batch: microBatch,
  };
  const r = new Recorder(device, save);
  recordMicroBatch(r, weights, input, config, {
    targets: outside("targets", [R], "i32"),
    step: outside("step", [8]),
    loss: outside("loss", [1]),
  });
  return r.measure().bytes;
}

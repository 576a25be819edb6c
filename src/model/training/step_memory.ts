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
import { headDim, type Shard, wholeModel } from "../architecture/shard.ts";
import { Arena } from "../weights/arena.ts";
import type { ArenaLayout } from "../weights/arena_layout.ts";
import { type Bucket, bucketsOf, partOf, type RankPlace } from "../weights/owned_ranges.ts";
import { packedBytes, PackedWeights } from "../weights/packed_weights.ts";
import { WeightLayout } from "../weights/weight_layout.ts";
import { adaptedViews } from "./lora_adapters.ts";
import { AdapterLayout } from "./lora_layout.ts";
import type { LoraSettings } from "./lora_options.ts";
import { recordMicroBatch } from "./micro_batch.ts";

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
  /** The part of the model that the process holds (default: all of it). */
  shard?: Shard;
  /** The rank among those that divide the moments, and the weights in f32 of a model of halves (default: one holds all). */
  divided?: RankPlace;
}

/** Counts the bytes of a training step; without `device` it is recorded with the plain kernels. */
export function stepMemory(config: ModelConfig, settings: MemorySettings, device?: DeviceProfile): PlanBytes {
  return heldBytes(config, settings, recordStep(config, settings, device).measure().bytes);
}

/** Counts the bytes of a training step whose activations are counted already. */
export function heldBytes(
  config: ModelConfig,
  { dtype, lora, shard, divided }: MemorySettings,
  activations: number,
): PlanBytes {
  const layout = new WeightLayout(config, shard);
  const adapters = lora && new AdapterLayout(layout, lora);
  const trained = (adapters ?? layout).places.size;
  const owned = divided ? ownedSize(bucketsOf(trained, divided.size), divided.rank) : trained;
  const halves = dtype === "f16" ? { halves: packedBytes(layout, dtype) } : {};
  const wide = 4 * (adapters?.wide.size ?? 0);
  const frozen = adapters && { frozen: 4 * adapters.frozen.places.size };
  // The weights in f32 of a model of halves are what the update changes: a rank holds those that it owns.
  const inFull = halves.halves !== undefined && !adapters ? owned : layout.places.size;
  const weights = 4 * inFull + (halves.halves ?? 0) + (adapters ? 4 * trained + wide : 0);
  const gradients = 4 * trained + wide;
  const moments = 8 * owned;
  const total = weights + (frozen?.frozen ?? 0) + gradients + moments + activations;
  return { weights, ...halves, ...frozen, gradients, moments, activations, total };
}

/** Returns the elements that a rank owns of buckets, of which all but the last are alike. */
export function ownedSize(buckets: readonly Bucket[], rank: number): number {
  const part = (bucket: Bucket) => partOf(bucket, rank).size;
  return (buckets.length - 1) * part(buckets[0]) + part(buckets.at(-1)!);
}

/** Records one micro-batch with tensors that have no memory. */
export function recordStep(
  config: ModelConfig,
  { microBatch, context, save, dtype, lora, shard = wholeModel }: MemorySettings,
  device: DeviceProfile = defaultProfile,
): Recorder {
  const R = microBatch * context;
  const own = R / shard.of; // the rows whose tokens and targets the process has
  const layout = new WeightLayout(config, shard);
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
      ids: ids("ids", own),
      tokens: ids("tokens", own),
      runs: ids("runs", own + 1),
      order: ids("order", own),
    },
    positions: ids("positions", R),
    spans: ids("spans", R, 2),
    angles: outside("angles", [context, 2, headDim(config) / 2]),
    batch: microBatch,
    shard,
  };
  const r = new Recorder(device, save);
  recordMicroBatch(r, weights, input, config, {
    targets: outside("targets", [own], "i32"),
    step: outside("step", [8]),
    loss: outside("loss", [1]),
  });
  return r;
}

/**
 * The room that the weights of a model need on a device, and what to do where it is missing.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import { type ModelConfig, presets, resolveConfig } from "../architecture/config.ts";
import { packedBytes, type WeightType } from "./packed_weights.ts";
import { WeightLayout } from "./weight_layout.ts";
import { headDim } from "../architecture/shard.ts";

/** The number formats in which a model holds its weights. */
interface HeldWeights {
  /** Number format of the weights that products read. */
  dtype: WeightType;
  /** True where weights in f32 are held for training. */
  trained: boolean;
}

/** Returns the bytes of weights on the GPU. */
export function weightBytes(layout: WeightLayout, { dtype, trained }: HeldWeights): number {
  return packedBytes(layout, dtype) + (trained && dtype !== "f32" ? packedBytes(layout, "f32") : 0);
}

/** Returns the bytes of a model that does nothing yet: its weights, and its rotary angles, [context, E] in f32. */
function modelBytes(layout: WeightLayout, held: HeldWeights): number {
  const { config } = layout;
  return weightBytes(layout, held) + 4 * config.context * headDim(config);
}

/** Bytes for the rounding up of sizes, and for the parameters of the program that rounds weights. */
const smallBuffers = 4096;

/**
 * Refuses weights that a device has no room for.
 *
 * @throws {DeviceError} with the bytes that are wanted and left, naming what would fit
 */
export function requireRoom(device: Device, name: string, layout: WeightLayout, held: HeldWeights): void {
  const { bytes, limit } = device.memory();
  const left = limit - bytes;
  const wanted = modelBytes(layout, held);
  if (wanted <= left) return;
  throw new DeviceError(
    `Cannot hold the weights of "${name}": they take ${wanted} bytes as ${held.dtype}, rotary angles included, and of ` +
      `the memoryLimit of ${limit} bytes ${left} are left. ${remedyFor(layout, held, left)}`,
    { limit: "memoryLimit", wanted: bytes + wanted, have: limit },
  );
}

/**
 * Returns a sentence on what to do about weights that do not fit, where at most `left` bytes are there (default: one less
 * than they take). A model of "f16" that is trained takes more than one of "f32"; one that is only used takes less.
 */
export function remedyFor(
  layout: WeightLayout,
  held: HeldWeights,
  left: number = modelBytes(layout, held) - 1,
): string {
  const others = held.trained ? ["f32"] as const : ["f16", "q8"] as const;
  const fits = others.find((dtype) =>
    dtype !== held.dtype && modelBytes(layout, { ...held, dtype }) + smallBuffers <= left
  );
  const preset = largestPreset(layout.config, left);
  const smaller = preset ? `a smaller model, such as the preset "${preset}"` : "a smaller model";
  return `Choose ${
    fits ? `dtype "${fits}", or ` : ""
  }${smaller}, or use an adapter or a memoryLimit that has room`;
}

/** Returns the largest preset that takes at most `left` bytes in f32 with the vocabulary of `config`. */
function largestPreset({ vocabSize }: ModelConfig, left: number): string | undefined {
  return Object.keys(presets).findLast((name) => {
    const layout = new WeightLayout(resolveConfig(name, { vocabSize }));
    return modelBytes(layout, { dtype: "f32", trained: true }) + smallBuffers <= left;
  });
}

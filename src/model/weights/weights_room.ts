/**
 * The room that the weights of a model need on a device, and what to do where it is missing.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import { type ModelConfig, presets, resolveConfig } from "../architecture/config.ts";
import { WeightLayout } from "./weight_layout.ts";

/** Bytes that a weight takes on the GPU: in f16 the f32 weight and its copy. */
export const bytesPerWeight: Readonly<Record<"f32" | "f16", number>> = { f32: 4, f16: 6 };

/**
 * Refuses weights that a device has no room for.
 *
 * @throws {DeviceError} with the bytes that are wanted and left, naming what would fit
 */
export function requireRoom(device: Device, name: string, layout: WeightLayout, dtype: "f32" | "f16"): void {
  const { bytes, limit } = device.memory();
  const left = limit - bytes;
  const wanted = bytesPerWeight[dtype] * layout.places.size;
  if (wanted <= left) return;
  throw new DeviceError(
    `Cannot hold the weights of "${name}": they take ${wanted} bytes as ${dtype}, and of the memoryLimit of ${limit} ` +
      `bytes ${left} are left. ${remedyFor(layout, wanted, left)}`,
    { limit: "memoryLimit", wanted: bytes + wanted, have: limit },
  );
}

/** Returns a sentence on what to do about weights that take `wanted` bytes, where at most `left` are there. */
export function remedyFor({ config, places }: WeightLayout, wanted: number, left = wanted - 1): string {
  const smaller = (["f16", "f32"] as const).find((dtype) => bytesPerWeight[dtype] * places.size <= left);
  const preset = largestPreset(config, left);
  return [
    ...smaller ? [`Choose dtype "${smaller}"`] : [],
    ...preset ? [`Choose a smaller model, such as the preset "${preset}"`] : ["Choose a smaller model"],
    "use an adapter or a memoryLimit that has room",
  ].join(", ");
}

/** Returns the largest preset whose weights take at most `left` bytes in f32 with the vocabulary of `config`. */
function largestPreset({ vocabSize }: ModelConfig, left: number): string | undefined {
  return Object.keys(presets).findLast((name) => {
    const { places } = new WeightLayout(resolveConfig(name, { vocabSize }));
    return bytesPerWeight.f32 * places.size <= left;
  });
}

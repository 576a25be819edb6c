/**
 * Weights of the types that kernels only read, on a device.
 *
 * @module
 */
import { packBlocks } from "../../src/formats/gguf/gguf_pack.ts";
import { splitQ8, unpackQ8 } from "../../src/formats/gguf/q8_blocks.ts";
import { bytesOf, type Device, type DType, Tensor } from "../../src/gpu/mod.ts";

/** A tensor and its numbers as f32. */
export interface Weight {
  /** The tensor. */
  tensor: Tensor;
  /** The numbers that kernels read. */
  values: Float32Array<ArrayBuffer>;
}

/** Puts bytes into a tensor. */
function put(
  device: Device,
  dtype: DType,
  shape: readonly number[],
  data: ArrayBufferView<ArrayBuffer>,
): Tensor {
  const size = shape.reduce((a, b) => a * b, 1) * bytesOf(dtype);
  const padded = new Uint8Array(Math.ceil(size / 4) * 4);
  padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const buffer = device.buffer(dtype, padded.length);
  device.write(buffer, padded);
  return new Tensor(dtype, shape, dtype, { name: dtype, bytes: size, buffer, offset: 0 });
}

/** Puts numbers, rounded to `dtype`, into a tensor; for "q8" with its scales. */
export function putWeight(
  device: Device,
  dtype: "f32" | "f16" | "q8",
  shape: readonly number[],
  data: Float32Array<ArrayBuffer>,
): Weight {
  if (dtype === "f32") return { tensor: put(device, dtype, shape, data), values: data };
  if (dtype === "f16") {
    const halves = new Float16Array(data);
    return { tensor: put(device, dtype, shape, halves), values: new Float32Array(halves) };
  }
  const parts = splitQ8(packBlocks("Q8_0", data, "weight"));
  const tensor = put(device, "q8", shape, parts.bytes);
  tensor.scales = put(device, "f16", [...shape.slice(0, -1), shape.at(-1)! / 32], parts.scales);
  return { tensor, values: unpackQ8(parts) };
}

/** Frees the memory of a weight. */
export function freeWeight(device: Device, { tensor }: Weight): void {
  for (const part of [tensor, tensor.scales]) if (part) device.free(part.range().buffer);
}

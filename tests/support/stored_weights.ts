/**
 * Matrices on the GPU in the types of weights: floats, halves, and bytes with scales; the numbers that they hold come with
 * them.
 *
 * @module
 */
import { type Device, type DType, Tensor } from "../../src/gpu/mod.ts";

/** A matrix on the GPU and its numbers as floats. */
export interface StoredMatrix {
  /** The tensor; its buffers live until the device frees them. */
  tensor: Tensor;
  /** Its numbers, row-major. */
  numbers: Float32Array<ArrayBuffer>;
}

/** Puts bytes on the GPU as a tensor. */
function put(
  device: Device,
  name: string,
  shape: readonly number[],
  dtype: DType,
  bytes: Uint8Array<ArrayBuffer>,
  stride?: number,
): Tensor {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  const buffer = device.buffer(name, whole.length);
  device.write(buffer, whole);
  return new Tensor(name, shape, dtype, { name, bytes: whole.length, buffer, offset: 0 }, 0, stride);
}

/**
 * Rounds `values` [rows, cols] to a type and puts them on the GPU.
 *
 * @param stride elements from one row to the next; what lies between is NaN (of q8: 127)
 */
export function storedMatrix(
  device: Device,
  name: string,
  [rows, cols]: readonly [number, number],
  dtype: "f32" | "f16" | "q8",
  values: Float32Array,
  stride = cols,
): StoredMatrix {
  const shape = [rows, cols];
  if (dtype === "q8") return storedBytes(device, name, shape, values);
  const out = dtype === "f16" ? new Float16Array(rows * stride) : new Float32Array(rows * stride);
  out.fill(NaN);
  const numbers = new Float32Array(rows * cols);
  values.forEach((value, i) => {
    const at = Math.floor(i / cols) * stride + i % cols;
    out[at] = value;
    numbers[i] = out[at];
  });
  const tensor = put(device, name, shape, dtype, new Uint8Array(out.buffer as ArrayBuffer), stride);
  return { tensor, numbers };
}

/** Rounds blocks of 32 as GGUF's Q8_0 does: the scale is the largest magnitude over 127. */
function storedBytes(device: Device, name: string, shape: number[], values: Float32Array): StoredMatrix {
  const bytes = new Int8Array(values.length);
  const scales = new Float16Array(values.length / 32);
  const numbers = new Float32Array(values.length);
  for (let block = 0; block < scales.length; block++) {
    const part = values.subarray(32 * block, 32 * block + 32);
    scales[block] = Math.max(...part.map(Math.abs)) / 127;
    part.forEach((value, i) => {
      const at = 32 * block + i;
      bytes[at] = Math.max(-128, Math.min(127, Math.round(value / scales[block] || 0)));
      numbers[at] = bytes[at] * scales[block];
    });
  }
  const tensor = put(device, name, shape, "q8", new Uint8Array(bytes.buffer));
  const blocks = [shape[0], shape[1] / 32];
  tensor.scales = put(device, `${name}.scales`, blocks, "f16", new Uint8Array(scales.buffer));
  return { tensor, numbers };
}

/**
 * Packing of numbers for GGUF files: F32, F16, and Q8_0 as in ggml's `quantize_row_q8_0_ref`.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";

/** A packing that can be written. */
export type WrittenType = "F32" | "F16" | "Q8_0";

/**
 * Packs numbers to bytes; for Q8_0 their count must be a multiple of 32.
 *
 * @throws {ConfigError} when a number of the tensor `name` is too large for the packing
 */
export function packBlocks(
  type: WrittenType,
  data: Float32Array<ArrayBuffer>,
  name: string,
): Uint8Array<ArrayBuffer> {
  if (type === "F32") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return type === "F16" ? packF16(data, name) : packQ8(data, name);
}

function packF16(data: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  const halves = new Float16Array(data);
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]) && !Number.isFinite(halves[i])) throw tooLarge(name, data[i], "F16");
  }
  return new Uint8Array(halves.buffer);
}

/** Packs blocks of 32: f16 scale max |x| / 127, then round(x / scale) as int8, ties away from zero. */
function packQ8(data: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  const count = data.length / 32;
  const out = new Uint8Array(count * 34);
  const view = new DataView(out.buffer);
  for (let block = 0; block < count; block++) {
    const x = data.subarray(block * 32, block * 32 + 32);
    let largest = 0;
    for (const value of x) largest = Math.max(largest, Math.abs(value));
    const scale = Math.fround(largest / 127);
    const inverse = scale ? Math.fround(1 / scale) : 0;
    if (!(scale <= 65504)) throw tooLarge(name, largest, "Q8_0");
    view.setFloat16(block * 34, scale, true);
    x.forEach((value, i) => {
      const scaled = Math.fround(value * inverse);
      view.setInt8(block * 34 + 2 + i, Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5));
    });
  }
  return out;
}

function tooLarge(name: string, value: number, type: string): ConfigError {
  return new ConfigError(`Cannot write ${name} as ${type}: it holds ${value}, choose dtype "f32"`);
}

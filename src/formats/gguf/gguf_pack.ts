/**
 * Packing of numbers for GGUF files: F32, F16, and Q8_0 as in ggml's `quantize_row_q8_0_ref`.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { joinQ8, type Q8Parts, q8Weights, roundQ8 } from "./q8_blocks.ts";

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
  checkHalves(data, name);
  return new Uint8Array(new Float16Array(data).buffer);
}

/** The least number that rounds to infinity as a half. */
const overflow = 65520;

/**
 * Refuses finite numbers that no half can hold.
 *
 * @throws {ConfigError} naming the tensor
 */
export function checkHalves(data: Float32Array, name: string): void {
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size >= overflow && size !== Infinity) throw tooLarge(name, data[i], "F16");
  }
}

function packQ8(data: Float32Array, name: string): Uint8Array<ArrayBuffer> {
  return joinQ8(checkedBlocks(data, name));
}

/**
 * Rounds numbers to blocks of Q8_0, with scales and bytes apart.
 *
 * @throws {ConfigError} when a number of the tensor `name` is too large for their scales, or NaN
 */
export function checkedBlocks(data: Float32Array, name: string): Q8Parts {
  const parts = roundQ8(data);
  const block = parts.scales.findIndex((scale) => !Number.isFinite(scale));
  if (block < 0) return parts;
  const largest = data.subarray(block * q8Weights, (block + 1) * q8Weights)
    .reduce((a, b) => Number.isNaN(a) || Math.abs(a) >= Math.abs(b) ? a : b);
  throw tooLarge(name, largest, "Q8_0");
}

function tooLarge(name: string, value: number, type: string): ConfigError {
  return new ConfigError(`Cannot store ${name} as ${type}: it holds ${value}, choose dtype "f32"`);
}

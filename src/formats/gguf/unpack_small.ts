/**
 * Unpacking of GGUF's blocks of 32 weights, and of bfloat16.
 *
 * Layouts and the order of roundings as in ggml's `ggml-common.h` and `dequantize_row_*`. In a block of 4 or 5 bits,
 * weight i is the low half of byte i and weight i + 16 the high half.
 *
 * @module
 */

/** Unpacks the block at byte `at` of `bytes` (`view` shows the same memory) to `out[to ...]`. */
export type Unpack = (bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number) => void;

/** Unpacks bfloat16. */
export function unpackBf16(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(bytes.slice().buffer);
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/** The unpackers by the name of their packing. */
export const UNPACK_SMALL = {
  Q8_0: unpackQ8,
  Q4_0: unpackQ4,
  Q4_1: unpackQ41,
  Q5_0: unpackQ5,
  Q5_1: unpackQ51,
};

/** f16 scale, 32 signed bytes. */
function unpackQ8(_bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 32; i++) out[to + i] = scale * view.getInt8(at + 2 + i);
}

/** f16 scale, 16 bytes; weights minus 8. */
function unpackQ4(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i];
    out[to + i] = scale * ((pair & 15) - 8);
    out[to + i + 16] = scale * ((pair >> 4) - 8);
  }
}

/** f16 scale, f16 minimum, 16 bytes. */
function unpackQ41(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const minimum = view.getFloat16(at + 2, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i];
    out[to + i] = Math.fround(scale * (pair & 15)) + minimum;
    out[to + i + 16] = Math.fround(scale * (pair >> 4)) + minimum;
  }
}

/** f16 scale, 32 fifth bits, 16 bytes; weights minus 16. */
function unpackQ5(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const high = view.getUint32(at + 2, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i];
    out[to + i] = scale * ((pair & 15 | (high >>> i & 1) << 4) - 16);
    out[to + i + 16] = scale * ((pair >> 4 | (high >>> i + 16 & 1) << 4) - 16);
  }
}

/** f16 scale, f16 minimum, 32 fifth bits, 16 bytes. */
function unpackQ51(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const minimum = view.getFloat16(at + 2, true);
  const high = view.getUint32(at + 4, true);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i];
    out[to + i] = Math.fround(scale * (pair & 15 | (high >>> i & 1) << 4)) + minimum;
    out[to + i + 16] = Math.fround(scale * (pair >> 4 | (high >>> i + 16 & 1) << 4)) + minimum;
  }
}

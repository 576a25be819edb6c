/**
 * Unpacking of GGUF's blocks of 256 weights ("K-quants").
 *
 * Layouts and the order of roundings as in ggml's `ggml-common.h` and `dequantize_row_*_K`. Groups of 16 or 32 weights
 * have a scale, and in some packings a minimum, which are small integers times one f16 number per block.
 *
 * @module
 */

/** The unpackers by the name of their packing. */
export const UNPACK_K = {
  Q2_K: unpackQ2K,
  Q3_K: unpackQ3K,
  Q4_K: unpackQ4K,
  Q5_K: unpackQ5K,
  Q6_K: unpackQ6K,
  Q8_K: unpackQ8K,
};

/** 16 pairs of 4-bit scale and minimum, 64 bytes of 2 bits, f16 scale of scales, f16 scale of minima. */
function unpackQ2K(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at + 80, true);
  const floor = view.getFloat16(at + 82, true);
  for (let group = 0; group < 16; group++) {
    const d = Math.fround(scale * (bytes[at + group] & 15));
    const low = Math.fround(floor * (bytes[at + group] >> 4));
    const from = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
    const shift = (group >> 1 & 3) * 2;
    for (let i = 0; i < 16; i++) {
      out[to + group * 16 + i] = Math.fround(d * (bytes[from + i] >> shift & 3)) - low;
    }
  }
}

/** 32 bytes of third bits, 64 bytes of 2 bits, 16 scales of 6 bits, f16 scale; weights minus 4 where the third bit is 0. */
function unpackQ3K(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at + 108, true);
  const scales = at + 96;
  for (let group = 0; group < 16; group++) {
    const low = bytes[scales + (group & 7)] >> (group >> 3) * 4 & 15;
    const high = bytes[scales + 8 + (group & 3)] >> (group >> 2) * 2 & 3;
    const d = Math.fround(scale * ((low | high << 4) - 32));
    const from = (group & 1) * 16;
    const quarters = at + 32 + (group >> 3) * 32 + from;
    const shift = (group >> 1 & 3) * 2;
    const bit = group >> 1;
    for (let i = 0; i < 16; i++) {
      const third = bytes[at + from + i] >> bit & 1;
      out[to + group * 16 + i] = d * ((bytes[quarters + i] >> shift & 3) - 4 + third * 4);
    }
  }
}

/** f16 scale of scales, f16 scale of minima, 8 pairs of 6-bit scale and minimum, 128 bytes of 4 bits. */
function unpackQ4K(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const floor = view.getFloat16(at + 2, true);
  for (let group = 0; group < 8; group++) {
    const d = Math.fround(scale * groupScale(bytes, at + 4, group));
    const low = Math.fround(floor * groupMinimum(bytes, at + 4, group));
    const from = at + 16 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      out[to + group * 32 + i] = Math.fround(d * (bytes[from + i] >> shift & 15)) - low;
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the 4 bits. */
function unpackQ5K(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const floor = view.getFloat16(at + 2, true);
  for (let group = 0; group < 8; group++) {
    const d = Math.fround(scale * groupScale(bytes, at + 4, group));
    const low = Math.fround(floor * groupMinimum(bytes, at + 4, group));
    const from = at + 48 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      const fifth = bytes[at + 16 + i] >> group & 1;
      out[to + group * 32 + i] = Math.fround(d * (bytes[from + i] >> shift & 15 | fifth << 4)) - low;
    }
  }
}

/** Returns the 6-bit scale of a group of Q4_K or Q5_K; its 12 packed bytes start at `at`. */
function groupScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group] & 63;
  return bytes[at + group + 4] & 15 | bytes[at + group - 4] >> 6 << 4;
}

/** Returns the 6-bit minimum of a group of Q4_K or Q5_K. */
function groupMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4] & 63;
  return bytes[at + group + 4] >> 4 | bytes[at + group] >> 6 << 4;
}

/** 128 bytes of lower 4 bits, 64 bytes of upper 2 bits, 16 int8 scales, f16 scale; weights minus 32. */
function unpackQ6K(bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at + 208, true);
  for (let group = 0; group < 16; group++) {
    const d = Math.fround(scale * view.getInt8(at + 192 + group));
    const side = group >> 3;
    const quarter = group >> 1 & 3;
    const lane = (group & 1) * 16;
    const lower = at + side * 64 + (quarter & 1) * 32 + lane;
    const upper = at + 128 + side * 32 + lane;
    const shift = (quarter >> 1) * 4;
    for (let i = 0; i < 16; i++) {
      const low = bytes[lower + i] >> shift & 15;
      const high = bytes[upper + i] >> quarter * 2 & 3;
      out[to + group * 16 + i] = d * ((low | high << 4) - 32);
    }
  }
}

/** f32 scale, 256 signed bytes, 16 sums of groups that unpacking does not need. */
function unpackQ8K(_bytes: Uint8Array, view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat32(at, true);
  for (let i = 0; i < 256; i++) out[to + i] = scale * view.getInt8(at + 4 + i);
}

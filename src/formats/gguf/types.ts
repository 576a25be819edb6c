/**
 * The packings of numbers in GGUF files: blocks of 1, 32 or 256 weights that share a scale.
 *
 * Layouts as in ggml's `ggml-common.h` and `dequantize_row_*`.
 *
 * @module
 */

/** A packing of numbers. */
interface Packing {
  /** Its id in the file. */
  id: number;
  /** Weights per block. */
  weights: number;
  /** Bytes per block. */
  bytes: number;
  /** Unpacks whole blocks to float32. */
  unpack(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
}

/** Name of a packing that can be read. */
export type GgufType = "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0" | "Q4_K" | "Q6_K";

/** The packings that can be read, by name. */
export const PACKINGS: Readonly<Record<GgufType, Packing>> = {
  F32: { id: 0, weights: 1, bytes: 4, unpack: (bytes) => new Float32Array(bytes.slice().buffer) },
  F16: {
    id: 1,
    weights: 1,
    bytes: 2,
    unpack: (bytes) => new Float32Array(new Float16Array(bytes.slice().buffer)),
  },
  BF16: { id: 30, weights: 1, bytes: 2, unpack: unpackBf16 },
  Q8_0: { id: 8, weights: 32, bytes: 34, unpack: blocks(32, 34, unpackQ8) },
  Q4_0: { id: 2, weights: 32, bytes: 18, unpack: blocks(32, 18, unpackQ4) },
  Q4_K: { id: 12, weights: 256, bytes: 144, unpack: blocks(256, 144, unpackQ4K) },
  Q6_K: { id: 14, weights: 256, bytes: 210, unpack: blocks(256, 210, unpackQ6K) },
};

/** Names of all packings by id, for errors. */
export const TYPE_NAMES: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Object.entries(PACKINGS).map(([name, { id }]) => [id, name])),
  ...{
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    13: "Q5_K",
    15: "Q8_K",
    28: "F64",
  },
};

/**
 * Returns a function that unpacks block by block: `unpack` reads the block at byte `at` and writes to `out[to ...]`.
 */
function blocks(
  weights: number,
  size: number,
  unpack: (view: DataView, at: number, out: Float32Array, to: number) => void,
): Packing["unpack"] {
  return (bytes) => {
    const count = bytes.length / size;
    const out = new Float32Array(count * weights);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let block = 0; block < count; block++) unpack(view, block * size, out, block * weights);
    return out;
  };
}

function unpackBf16(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const words = Uint32Array.from(new Uint16Array(bytes.slice().buffer), (half) => half << 16);
  return new Float32Array(words.buffer);
}

/** Unpacks a block of Q8_0: f16 scale, 32 signed bytes. */
function unpackQ8(view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 32; i++) out[to + i] = scale * view.getInt8(at + 2 + i);
}

/**
 * Unpacks a block of Q4_0: f16 scale, 16 bytes; weight i is the low half of byte i minus 8, weight i + 16 the high
 * half.
 */
function unpackQ4(view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + 2 + i);
    out[to + i] = scale * ((pair & 15) - 8);
    out[to + i + 16] = scale * ((pair >> 4) - 8);
  }
}

/** Unpacks a block of Q4_K: f16 scale, f16 scale of minima, 8 pairs of 6-bit scale and minimum, 128 bytes of 4 bits. */
function unpackQ4K(view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at, true);
  const floor = view.getFloat16(at + 2, true);
  for (let group = 0; group < 8; group++) {
    const [s, m] = scaleAndMinimum(view, at + 4, group);
    const half = group % 2 * 4;
    const d = Math.fround(scale * s);
    const low = Math.fround(floor * m);
    const from = at + 16 + (group >> 1) * 32;
    for (let i = 0; i < 32; i++) {
      out[to + group * 32 + i] = Math.fround(d * (view.getUint8(from + i) >> half & 15)) - low;
    }
  }
}

function scaleAndMinimum(view: DataView, at: number, group: number): [number, number] {
  const byte = (i: number) => view.getUint8(at + i);
  if (group < 4) return [byte(group) & 63, byte(group + 4) & 63];
  return [
    byte(group + 4) & 15 | byte(group - 4) >> 6 << 4,
    byte(group + 4) >> 4 | byte(group) >> 6 << 4,
  ];
}

/**
 * Unpacks a block of Q6_K: 128 bytes of lower 4 bits, 64 bytes of upper 2 bits, 16 int8 scales, f16 scale; weights
 * minus 32.
 */
function unpackQ6K(view: DataView, at: number, out: Float32Array, to: number): void {
  const scale = view.getFloat16(at + 208, true);
  for (let i = 0; i < 256; i++) {
    const side = i >> 7;
    const quarter = i >> 5 & 3;
    const lane = i & 31;
    const low = view.getUint8(at + side * 64 + (quarter & 1) * 32 + lane) >> (quarter >> 1) * 4 & 15;
    const high = view.getUint8(at + 128 + side * 32 + lane) >> quarter * 2 & 3;
    const d = Math.fround(scale * view.getInt8(at + 192 + (i >> 4)));
    out[to + i] = d * ((low | high << 4) - 32);
  }
}

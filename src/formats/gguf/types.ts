/**
 * The packings of numbers in GGUF files: blocks of 1, 32 or 256 weights that share a scale.
 *
 * @module
 */
import { UNPACK_K } from "./unpack_k.ts";
import { type Unpack, UNPACK_SMALL, unpackBf16 } from "./unpack_small.ts";

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

/** Names of all packings by id; a packing that is not in {@linkcode PACKINGS} is refused by this name. */
export const TYPE_NAMES: Readonly<Record<number, string>> = {
  ...{ 0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1" },
  ...{ 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K" },
  ...{ 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S" },
  ...{ 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16" },
  ...{ 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0" },
};

/** Name of a packing that can be read. */
export type GgufType =
  | "F32"
  | "F16"
  | "BF16"
  | ("Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0")
  | ("Q2_K" | "Q3_K" | "Q4_K" | "Q5_K" | "Q6_K" | "Q8_K");

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
  Q8_0: blocks(8, 32, 34, UNPACK_SMALL.Q8_0),
  Q4_0: blocks(2, 32, 18, UNPACK_SMALL.Q4_0),
  Q4_1: blocks(3, 32, 20, UNPACK_SMALL.Q4_1),
  Q5_0: blocks(6, 32, 22, UNPACK_SMALL.Q5_0),
  Q5_1: blocks(7, 32, 24, UNPACK_SMALL.Q5_1),
  Q2_K: blocks(10, 256, 84, UNPACK_K.Q2_K),
  Q3_K: blocks(11, 256, 110, UNPACK_K.Q3_K),
  Q4_K: blocks(12, 256, 144, UNPACK_K.Q4_K),
  Q5_K: blocks(13, 256, 176, UNPACK_K.Q5_K),
  Q6_K: blocks(14, 256, 210, UNPACK_K.Q6_K),
  Q8_K: blocks(15, 256, 292, UNPACK_K.Q8_K),
};

/** Returns a packing whose blocks of `weights` numbers in `size` bytes are unpacked one by one. */
function blocks(id: number, weights: number, size: number, unpackBlock: Unpack): Packing {
  const unpack = (bytes: Uint8Array<ArrayBuffer>) => {
    const count = bytes.length / size;
    const out = new Float32Array(count * weights);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let block = 0; block < count; block++) unpackBlock(bytes, view, block * size, out, block * weights);
    return out;
  };
  return { id, weights, bytes: size, unpack };
}

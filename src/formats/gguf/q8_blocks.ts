/**
 * Blocks of Q8_0 as two arrays, which is how kernels read them: the scales, and the bytes of the weights.
 *
 * A block is an f16 scale and 32 signed bytes; weight = scale * byte.
 *
 * @module
 */

/** Weights per block. */
export const q8Weights = 32;
/** Bytes per block. */
const blockBytes = 34;

/** Blocks with their scales and bytes apart. */
export interface Q8Parts {
  /** The scale of each block, the bits of an f16. */
  scales: Uint16Array<ArrayBuffer>;
  /** The weights, one signed byte each. */
  bytes: Int8Array<ArrayBuffer>;
}

/** Takes blocks apart. */
export function splitQ8(blocks: Uint8Array<ArrayBuffer>): Q8Parts {
  const count = blocks.length / blockBytes;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const scales = Uint16Array.from({ length: count }, (_, i) => view.getUint16(i * blockBytes, true));
  const bytes = new Int8Array(count * q8Weights);
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  for (let i = 0; i < count; i++) {
    bytes.set(signed.subarray(i * blockBytes + 2, (i + 1) * blockBytes), i * q8Weights);
  }
  return { scales, bytes };
}

/** Returns the weights as float32, which is exact. */
export function unpackQ8Parts({ scales, bytes }: Q8Parts): Float32Array<ArrayBuffer> {
  const factors = new Float16Array(scales.buffer, scales.byteOffset, scales.length);
  return Float32Array.from(bytes, (byte, i) => factors[Math.floor(i / q8Weights)] * byte);
}

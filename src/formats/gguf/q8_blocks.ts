/**
 * Blocks of Q8_0 with scales and bytes apart, which is how kernels read them.
 *
 * A block of 32 weights is an f16 scale and 32 signed bytes; weight = scale * byte. In GGUF files they stand one behind the
 * other, in 34 bytes.
 *
 * @module
 */

/** Weights per block. */
export const q8Weights = 32;

/** Bytes per block in a file. */
const blockBytes = 34;

/** Blocks with their scales and bytes apart. */
export interface Q8Parts {
  /** The scale of each block. */
  scales: Float16Array<ArrayBuffer>;
  /** The weights, one signed byte each. */
  bytes: Int8Array<ArrayBuffer>;
}

/**
 * Rounds numbers to blocks as ggml's `quantize_row_q8_0_ref`: scale max |x| / 127, then round(x / scale), ties away from
 * zero. A scale that overflows is infinite.
 */
export function roundQ8(data: Float32Array): Q8Parts {
  const count = data.length / q8Weights;
  const scales = new Float16Array(count);
  const bytes = new Int8Array(data.length);
  for (let block = 0; block < count; block++) {
    const start = block * q8Weights;
    const end = start + q8Weights;
    let largest = 0;
    for (let i = start; i < end; i++) {
      const size = Math.abs(data[i]);
      if (size > largest || Number.isNaN(size)) largest = size;
    }
    const scale = Math.fround(largest / 127);
    const inverse = scale ? Math.fround(1 / scale) : 0;
    scales[block] = scale;
    for (let i = start; i < end; i++) {
      const scaled = Math.fround(data[i] * inverse);
      bytes[i] = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5);
    }
  }
  return { scales, bytes };
}

/** Takes the blocks of a file apart. */
export function splitQ8(blocks: Uint8Array<ArrayBuffer>): Q8Parts {
  const count = blocks.length / blockBytes;
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const scales = new Uint16Array(count);
  const bytes = new Int8Array(count * q8Weights);
  for (let i = 0; i < count; i++) {
    const at = i * blockBytes;
    scales[i] = view.getUint16(at, true);
    bytes.set(signed.subarray(at + 2, at + blockBytes), i * q8Weights);
  }
  return { scales: new Float16Array(scales.buffer), bytes };
}

/** Returns blocks as they stand in a file. */
export function joinQ8({ scales, bytes }: Q8Parts): Uint8Array<ArrayBuffer> {
  const blocks = new Uint8Array(scales.length * blockBytes);
  const view = new DataView(blocks.buffer);
  const halves = new Uint16Array(scales.buffer, scales.byteOffset, scales.length);
  const unsigned = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < scales.length; i++) {
    const at = i * blockBytes;
    view.setUint16(at, halves[i], true);
    blocks.set(unsigned.subarray(i * q8Weights, (i + 1) * q8Weights), at + 2);
  }
  return blocks;
}

/** Returns the weights as float32, which is exact. */
export function unpackQ8({ scales, bytes }: Q8Parts): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bytes.length);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block];
    for (let i = block * q8Weights; i < (block + 1) * q8Weights; i++) out[i] = scale * bytes[i];
  }
  return out;
}

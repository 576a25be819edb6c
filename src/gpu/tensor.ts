/**
 * Tensors are names, shapes and a place in memory; they hold no numbers of their own.
 *
 * @module
 */

/** Where bytes live: a buffer, or a promise of one that {@linkcode plan} keeps. */
export interface BufferRange {
  /** Who owns the bytes, for the memory plan. */
  name: string;
  /** Size. */
  bytes: number;
  /** The buffer, once there is one. */
  buffer?: GPUBuffer;
  /** Byte offset of the storage in that buffer, a multiple of 256. */
  offset: number;
}

/** Element type. */
export type DType = "f32" | "f16" | "u32" | "i32";

/** Bytes of an element. */
export function bytesOf(dtype: DType): number {
  return dtype === "f16" ? 2 : 4;
}

/** An array on the GPU, row-major. */
export class Tensor {
  /** Gradient of the loss with respect to this tensor, while a backward pass is recorded. */
  grad?: Tensor;
  /** For a weight: where its gradient is summed. */
  gradSum?: Tensor;
  /** How to compute it again from what is kept, when the save policy did not keep it. */
  recompute?: () => Tensor;
  /** The tensor that {@linkcode recompute} recorded. */
  recomputed?: Tensor;

  /** Makes a tensor of `shape` at `offset` bytes into `storage`. */
  constructor(
    readonly name: string,
    readonly shape: readonly number[],
    readonly dtype: DType,
    readonly storage: BufferRange,
    readonly offset = 0,
  ) {}

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  /** Size in bytes. */
  get bytes(): number {
    return this.size * bytesOf(this.dtype);
  }

  /** Length of the last dimension. */
  get cols(): number {
    return this.shape.at(-1) ?? 1;
  }

  /** Number of rows of `cols` elements. */
  get rows(): number {
    return this.size / this.cols;
  }

  /** Another shape on the same bytes, `start` elements in. */
  view(name: string, shape: readonly number[], start = 0): Tensor {
    return new Tensor(name, shape, this.dtype, this.storage, this.offset + start * bytesOf(this.dtype));
  }

  /** The buffer and byte range. */
  range(): { buffer: GPUBuffer; offset: number; bytes: number } {
    const { buffer, offset } = this.storage;
    if (!buffer) throw new Error(`Tensor ${this.name} has no buffer yet: compile the recorder first`);
    return { buffer, offset: offset + this.offset, bytes: this.bytes };
  }
}

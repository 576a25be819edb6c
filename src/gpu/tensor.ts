/**
 * A tensor is a name, a shape and a place in memory; its numbers are on the GPU only.
 *
 * @module
 */

/** A place in memory: a buffer, or a size until a program is compiled and assigns the buffer. */
export interface BufferRange {
  /** Name of the tensor that it was made for. */
  name: string;
  /** Size in bytes. */
  bytes: number;
  /** The buffer, once it is assigned. */
  buffer?: GPUBuffer;
  /** Byte offset of the storage in that buffer, a multiple of 256. */
  offset: number;
}

/** Type of the elements. */
export type DType = "f32" | "f16" | "u32" | "i32";

/** Returns the bytes of an element. */
export function bytesOf(dtype: DType): number {
  return dtype === "f16" ? 2 : 4;
}

/** An array on the GPU, row-major. */
export class Tensor {
  /** Gradient of the loss with respect to this tensor, while a backward pass is recorded. */
  grad?: Tensor;
  /** For a weight, the tensor to which kernels add its gradient. */
  gradSum?: Tensor;
  /** Records the tensor again from kept ones, where the save policy did not keep it. */
  recompute?: () => Tensor;
  /** The tensor that {@linkcode Tensor.recompute} recorded. */
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

  /** Returns a tensor of another shape on the same bytes, `start` elements in. */
  view(name: string, shape: readonly number[], start = 0): Tensor {
    return new Tensor(name, shape, this.dtype, this.storage, this.offset + start * bytesOf(this.dtype));
  }

  /**
   * Returns the buffer and the byte range in it.
   *
   * @throws {Error} before the program is compiled
   */
  range(): { buffer: GPUBuffer; offset: number; bytes: number } {
    const { buffer, offset } = this.storage;
    if (!buffer) throw new Error(`Tensor ${this.name} has no buffer yet: compile the recorder first`);
    return { buffer, offset: offset + this.offset, bytes: this.bytes };
  }
}

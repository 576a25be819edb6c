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

/**
 * Type of the elements. Kernels read "f16" as halves where the device grants shader-f16, else as words of two packed ones.
 * "q8" are signed bytes, four in a word, for rows of whole blocks of 32, each with a scale: the weights of GGUF's Q8_0.
 */
export type DType = "f32" | "f16" | "q8" | "u32" | "i32";

/** Elements of a q8 row that share a scale. */
export const q8Block = 32;

/** Returns the bytes of an element; those of the scales of "q8" are counted with their own tensor. */
export function bytesOf(dtype: DType): number {
  return dtype === "q8" ? 1 : dtype === "f16" ? 2 : 4;
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
  /** The rows as several tensors in their order, for one that lies in several buffers: it has no range of its own. */
  pieces?: readonly Tensor[];
  /** For "q8", [rows, cols / 32] f16: element = scale * byte. Kernels read them packed, two in a word. */
  scales?: Tensor;

  /** Elements from one row to the next: more than `cols` where the rows are parts of longer ones. */
  readonly stride: number;

  /** Makes a tensor of `shape` at `offset` bytes into `storage`, with its rows `stride` elements apart (default `cols`). */
  constructor(
    readonly name: string,
    readonly shape: readonly number[],
    readonly dtype: DType,
    readonly storage: BufferRange,
    readonly offset = 0,
    stride?: number,
  ) {
    this.stride = stride ?? this.cols;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  /** Size in bytes, from the first element to the last. */
  get bytes(): number {
    const elements = this.size === 0 ? 0 : (this.rows - 1) * this.stride + this.cols;
    return elements * bytesOf(this.dtype);
  }

  /** Length of the last dimension. */
  get cols(): number {
    return this.shape.at(-1) ?? 1;
  }

  /** Number of rows of `cols` elements. */
  get rows(): number {
    return this.size / this.cols;
  }

  /** Returns a tensor of another shape on the same bytes, `start` elements in, with its rows one behind another. */
  view(name: string, shape: readonly number[], start = 0): Tensor {
    return new Tensor(name, shape, this.dtype, this.storage, this.#offsetOf(start));
  }

  /** Returns rows `first` to `first + count - 1` as a matrix. */
  slice(name: string, first: number, count: number): Tensor {
    const offset = this.#offsetOf(first * this.stride);
    const rows = new Tensor(name, [count, this.cols], this.dtype, this.storage, offset, this.stride);
    rows.scales = this.scales?.slice(`${name}.scales`, first, count);
    return rows;
  }

  /**
   * Returns columns `from` to `from + count - 1` as a matrix, whose rows stay as far apart as they are. Kernels bind it
   * where `from` is a multiple of 256 bytes.
   */
  columns(name: string, from: number, count: number): Tensor {
    const { dtype, storage, stride } = this;
    return new Tensor(name, [this.rows, count], dtype, storage, this.#offsetOf(from), stride);
  }

  #offsetOf(start: number): number {
    return this.offset + start * bytesOf(this.dtype);
  }

  /**
   * Returns the buffer and the byte range in it.
   *
   * @throws {Error} before the program is compiled, and for a tensor in pieces
   */
  range(): { buffer: GPUBuffer; offset: number; bytes: number } {
    const { buffer, offset } = this.storage;
    if (this.pieces) {
      throw new Error(`Tensor ${this.name} lies in ${this.pieces.length} buffers: take its pieces`);
    }
    if (!buffer) throw new Error(`Tensor ${this.name} has no buffer yet: compile the recorder first`);
    return { buffer, offset: offset + this.offset, bytes: this.bytes };
  }
}

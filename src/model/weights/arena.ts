/**
 * An arena: one flat array on the GPU that holds the weights of a model, their gradients, or a moment of AdamW.
 *
 * It lies in chunks, buffers of at most the device's `maxBufferSize`. Nothing outside sees where they end: tensors are
 * views of the array, and only a tensor that is larger than a buffer has `pieces`, its rows in different chunks. Arenas of
 * one layout have the same chunks, also those of another number format, so that elementwise kernels walk them together.
 *
 * @module
 */
import { bytesOf, type Device, type DeviceLimits, type DType, Tensor } from "../../gpu/mod.ts";
import { restrided } from "../../formats/tensors/matrix.ts";
import type { ArenaLayout } from "./arena_layout.ts";

/** Rows of a tensor in an arena. */
export interface ArenaRows {
  /** First element of the first row. */
  start: number;
  /** Number of rows. */
  rows: number;
  /** Elements of a row. */
  cols: number;
  /** Elements from one row to the next; those beyond `cols` are zeros. */
  stride: number;
}

/** A flat array of tensors in one buffer or several. */
export class Arena {
  /** The chunks in their order, each flat: for kernels that go through all elements. */
  readonly chunks: readonly Tensor[];
  readonly #starts: readonly number[];

  private constructor(
    /** Its name in the memory report. */
    readonly owner: string,
    /** The places of its tensors. */
    readonly layout: ArenaLayout,
    /** Number format of its elements. */
    readonly dtype: DType,
    limits: DeviceLimits,
    allocate: (owner: string, bytes: number) => GPUBuffer,
  ) {
    const starts = layout.cuts(limits.maxBufferSize / 4);
    this.#starts = starts;
    this.chunks = starts.map((start, i) => {
      const size = (starts[i + 1] ?? layout.size) - start;
      const name = starts.length > 1 ? `${owner} ${i + 1} of ${starts.length}` : owner;
      const bytes = size * bytesOf(dtype);
      return new Tensor(name, [size], dtype, { name, bytes, buffer: allocate(name, bytes), offset: 0 });
    });
  }

  /**
   * Allocates an arena of zeros.
   *
   * @param remedy a sentence for the error: what to do
   * @throws {DeviceError} when it does not fit the device; nothing stays allocated
   */
  static allocate(
    device: Device,
    owner: string,
    layout: ArenaLayout,
    { dtype = "f32", remedy }: { dtype?: DType; remedy?: string } = {},
  ): Arena {
    const made: GPUBuffer[] = [];
    try {
      return new Arena(owner, layout, dtype, device.limits, (name, bytes) => {
        const buffer = device.buffer(name, bytes, { remedy });
        made.push(buffer);
        return buffer;
      });
    } catch (error) {
      for (const buffer of made) device.free(buffer);
      throw error;
    }
  }

  /** Makes an arena without memory, with the chunks that a device of these limits would have, to count what is recorded. */
  static planned(limits: DeviceLimits, owner: string, layout: ArenaLayout, dtype: DType = "f32"): Arena {
    return new Arena(owner, layout, dtype, limits, () => ({}) as GPUBuffer);
  }

  /** Number of elements. */
  get size(): number {
    return this.layout.size;
  }

  /** Returns a tensor in the array, `start` elements in. One whose rows lie in several chunks has `pieces`. */
  view(name: string, shape: readonly number[], start: number): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    const parts = this.#parts(start, size);
    if (parts.length === 1) return parts[0].chunk.view(name, shape, parts[0].from);
    const cols = shape.at(-1)!;
    const whole = new Tensor(name, shape, this.dtype, { name, bytes: size * bytesOf(this.dtype), offset: 0 });
    whole.pieces = parts.map(({ chunk, from, count }) => chunk.view(name, [count / cols, cols], from));
    return whole;
  }

  /**
   * Returns `size` elements from `start` on, and the unused ones up to the next multiple of 128, as flat tensors: one in
   * each chunk.
   */
  flat(name: string, start: number, size: number): Tensor[] {
    return this.#parts(start, Math.ceil(size / 128) * 128)
      .map(({ chunk, from, count }) => chunk.view(name, [count], from));
  }

  /** Returns the parts of a range of elements, one in each chunk. */
  #parts(start: number, size: number): { chunk: Tensor; from: number; count: number }[] {
    return this.chunks.flatMap((chunk, i) => {
      const from = Math.max(0, start - this.#starts[i]);
      const count = Math.min(chunk.size, start + size - this.#starts[i]) - from;
      return count > 0 ? [{ chunk, from, count }] : [];
    });
  }

  /** Copies f32 rows to the GPU, rounded where the arena holds halves, in order with submissions. */
  write(device: Device, { start, rows, cols, stride }: ArenaRows, data: Float32Array): void {
    const floats = restrided(data as Float32Array<ArrayBuffer>, cols, stride);
    const all = this.dtype === "f16" ? new Float16Array(floats) : floats;
    let done = 0;
    for (const { chunk, from, count } of this.#parts(start, rows * stride)) {
      const part = all.subarray(done, done += count) as typeof all & ArrayBufferView<ArrayBuffer>;
      const { buffer, offset } = chunk.range();
      device.write(buffer, part, offset + bytesOf(this.dtype) * from);
    }
  }

  /** Reads rows back as f32, all in one wait for the GPU. */
  async read(device: Device, wanted: readonly ArenaRows[]): Promise<Float32Array<ArrayBuffer>[]> {
    const parts = wanted.map(({ start, rows, stride }) => this.#parts(start, rows * stride));
    const ranges = parts.flat().map(({ chunk, from, count }) => {
      const { buffer, offset } = chunk.range();
      const size = bytesOf(this.dtype);
      return { buffer, offset: offset + size * from, bytes: size * count };
    });
    const found = (await device.read(ranges)).map((bytes) =>
      new Float32Array(this.dtype === "f16" ? new Float16Array(bytes) : bytes)
    );
    let next = 0;
    return wanted.map(({ cols, stride }, i) => {
      const whole = joined(found.slice(next, next += parts[i].length));
      return restrided(whole, stride, cols);
    });
  }

  /** Encodes zeros into all elements. */
  clear(encoder: GPUCommandEncoder): void {
    for (const chunk of this.chunks) encoder.clearBuffer(chunk.range().buffer);
  }

  /** Encodes the copy of all elements of an arena of the same layout and number format. */
  copyFrom(encoder: GPUCommandEncoder, other: Arena): void {
    this.chunks.forEach((chunk, i) => {
      const from = other.chunks[i].range();
      encoder.copyBufferToBuffer(from.buffer, from.offset, chunk.range().buffer, 0, from.bytes);
    });
  }

  /** Frees its buffers. */
  free(device: Device): void {
    for (const chunk of this.chunks) device.free(chunk.range().buffer);
  }
}

function joined(parts: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0];
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Reading from the GPU in two halves, the copy as part of a submission and the wait for it, through a buffer that stays.
 *
 * A buffer is mapped only after everything that was submitted before, also what was submitted after its copy. So a step waits
 * for a segment before it submits the next one.
 *
 * @module
 */
import type { Device } from "../../../gpu/mod.ts";

/** A range of a buffer. */
export interface BytesAt {
  /** The buffer. */
  buffer: GPUBuffer;
  /** First byte. */
  offset: number;
  /** Number of bytes, a multiple of 4. */
  bytes: number;
}

/** A buffer through which bytes are read. */
export class Staging {
  #buffer?: GPUBuffer;
  #size = 0;

  /** Makes a staging buffer of at least `capacity` bytes at the first copy. */
  constructor(private readonly device: Device, private readonly capacity: number) {}

  /** Encodes the copies of ranges, one behind another. */
  copy(encoder: GPUCommandEncoder, ranges: readonly BytesAt[]): void {
    const size = ranges.reduce((sum, { bytes }) => sum + bytes, 0);
    const buffer = this.#bufferOf(size);
    let at = 0;
    for (const range of ranges) {
      if (range.bytes) encoder.copyBufferToBuffer(range.buffer, range.offset, buffer, at, range.bytes);
      at += range.bytes;
    }
    this.#size = size;
  }

  #bufferOf(size: number): GPUBuffer {
    if (!this.#buffer || this.#buffer.size < size) {
      this.#buffer?.destroy();
      const bytes = Math.max(4, size, this.capacity);
      this.#buffer = this.device.gpu.createBuffer({ size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
    }
    return this.#buffer;
  }

  /** Waits for the copies of the last submission; {@linkcode Staging.take} follows. */
  async map(): Promise<void> {
    if (this.#size > 0) await this.#buffer!.mapAsync(0x1, 0, this.#size);
    this.device.check();
  }

  /** Shows the bytes to `use`, which must not keep them, and frees the buffer for the next copy. */
  take<T>(use: (bytes: Uint8Array<ArrayBuffer>) => T): T {
    if (this.#size === 0) return use(new Uint8Array());
    try {
      return use(new Uint8Array(this.#buffer!.getMappedRange(0, this.#size)));
    } finally {
      this.#buffer!.unmap();
    }
  }

  /** Frees the buffer. */
  dispose(): void {
    this.#buffer?.destroy();
    this.#buffer = undefined;
  }
}

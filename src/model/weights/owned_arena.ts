/**
 * The part of an arena that a rank owns: a moment of AdamW, or the f32 weights of a model of halves, divided over ranks.
 *
 * Places are those of the whole arena. The owned ranges lie one behind another in buffers of at most the device's
 * `maxBufferSize`, cut at units of 4,096 elements.
 *
 * @module
 */
import { type Device, Tensor } from "../../gpu/mod.ts";
import { restrided } from "../../formats/tensors/matrix.ts";
import { normPart } from "../../ops/mod.ts";
import type { ArenaRows } from "./arena.ts";
import {
  defaultBucketSize,
  type ElementRange,
  overlap,
  ownedRanges,
  type RankPlace,
} from "./owned_ranges.ts";

/** A buffer of an owned arena. */
interface Chunk {
  /** First element among the owned ones. */
  start: number;
  /** Its elements, flat. */
  tensor: Tensor;
}

/** Settings of {@linkcode OwnedArena.allocate}. */
export interface OwnedArenaOptions {
  /** Elements of a bucket (default: 64 MiB of f32). */
  bucketSize?: number;
  /** A sentence for the error of an arena that does not fit: what to do. */
  remedy?: string;
}

/** The elements of an arena of f32 that one rank of a group holds. */
export class OwnedArena {
  /** The owned elements, in places of the whole arena. */
  readonly ranges: readonly ElementRange[];
  readonly #chunks: Chunk[] = [];

  private constructor(
    /** Elements of the whole arena. */
    readonly wholeSize: number,
    /** The rank that owns these elements, and the number of ranks. */
    readonly place: RankPlace,
    /** Elements of a bucket. */
    readonly bucketSize: number,
  ) {
    this.ranges = ownedRanges(wholeSize, place, bucketSize);
  }

  /**
   * Allocates the elements that a rank owns of an arena of `wholeSize` elements, as zeros.
   *
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  static allocate(
    device: Device,
    owner: string,
    wholeSize: number,
    { rank, size: ranks }: RankPlace,
    { bucketSize = defaultBucketSize, remedy }: OwnedArenaOptions = {},
  ): OwnedArena {
    const arena = new OwnedArena(wholeSize, { rank, size: ranks }, bucketSize);
    const most = Math.floor(device.limits.maxBufferSize / 4 / normPart) * normPart;
    try {
      for (let start = 0; start < arena.size; start += most) {
        const size = Math.min(most, arena.size - start);
        const buffer = device.buffer(owner, 4 * size, { remedy });
        const storage = { name: owner, bytes: 4 * size, buffer, offset: 0 };
        arena.#chunks.push({ start, tensor: new Tensor(owner, [size], "f32", storage) });
      }
      return arena;
    } catch (error) {
      arena.free(device);
      throw error;
    }
  }

  /** Number of elements that are held. */
  get size(): number {
    return this.ranges.reduce((sum, { size }) => sum + size, 0);
  }

  /** Returns the elements that rank `rank` of the group owns. */
  rangesOf(rank: number): ElementRange[] {
    return ownedRanges(this.wholeSize, { rank, size: this.place.size }, this.bucketSize);
  }

  /** Returns the held elements of a range as flat tensors with their places, in order. */
  parts(wanted: ElementRange): { start: number; tensor: Tensor }[] {
    let held = 0;
    return this.ranges.flatMap((range) => {
      const first = held;
      held += range.size;
      const common = overlap(range, wanted);
      if (!common) return [];
      const inside = { start: first + common.start - range.start, size: common.size };
      return this.#chunks.flatMap(({ start, tensor }) => {
        const piece = overlap({ start, size: tensor.size }, inside);
        if (!piece) return [];
        const view = tensor.view(tensor.name, [piece.size], piece.start - start);
        return [{ start: range.start + piece.start - first, tensor: view }];
      });
    });
  }

  /** Copies the numbers of a range to the GPU; those that others own are left out. */
  writeRange(device: Device, start: number, data: Float32Array<ArrayBuffer>): void {
    for (const { start: at, tensor } of this.parts({ start, size: data.length })) {
      const { buffer, offset } = tensor.range();
      device.write(buffer, data.subarray(at - start, at - start + tensor.size), offset);
    }
  }

  /** Copies rows of the whole arena to the GPU; elements that others own are left out. */
  write(device: Device, { start, cols, stride }: ArenaRows, data: Float32Array<ArrayBuffer>): void {
    this.writeRange(device, start, restrided(data, cols, stride));
  }

  /** Reads a range of the whole arena back; elements that others own are zeros. */
  async read(device: Device, start: number, size: number): Promise<Float32Array<ArrayBuffer>> {
    const parts = this.parts({ start, size });
    const out = new Float32Array(size);
    if (parts.length === 0) return out;
    const found = await device.read(parts.map(({ tensor }) => tensor.range()));
    parts.forEach((part, i) => out.set(new Float32Array(found[i]), part.start - start));
    return out;
  }

  /** Encodes the copy of all elements of an arena that is divided alike. */
  copyFrom(encoder: GPUCommandEncoder, other: OwnedArena): void {
    this.#chunks.forEach(({ tensor }, i) => {
      const from = other.#chunks[i].tensor.range();
      encoder.copyBufferToBuffer(from.buffer, from.offset, tensor.range().buffer, 0, from.bytes);
    });
  }

  /** Frees its buffers. */
  free(device: Device): void {
    for (const { tensor } of this.#chunks.splice(0)) device.free(tensor.range().buffer);
  }
}

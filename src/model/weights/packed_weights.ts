/**
 * The weights that products read where those are not f32: halves, or blocks of 8 bits.
 *
 * A model of dtype "f16" or "q8" holds only these until it is trained; norms are f32. Training updates weights in f32, and
 * every update brings the halves up to them (Micikevicius and others 2018). Blocks are those of GGUF's Q8_0; a matrix whose
 * rows are not whole blocks is held as halves, as in llama.cpp's files.
 *
 * @module
 */
import { checkedBlocks, checkHalves } from "../../formats/gguf/gguf_pack.ts";
import { type Q8Parts, q8Weights, splitQ8, unpackQ8 } from "../../formats/gguf/q8_blocks.ts";
import { bytesOf, type Device, type DeviceLimits, type DType, type Recorder, Tensor } from "../../gpu/mod.ts";
import { cast, cutRows, rowsOf } from "../../ops/mod.ts";
import type { Shard } from "../architecture/shard.ts";
import { Arena, type ArenaRows } from "./arena.ts";
import { ArenaLayout } from "./arena_layout.ts";
import type { WeightLayout, WeightSlot } from "./weight_layout.ts";

/** Number format of a model's weights. */
export type WeightType = "f32" | "f16" | "q8";

/** The arenas, by what they hold. */
interface Packs<Of> {
  /** Norms, f32. */
  vectors: Of;
  /** Matrices as halves. */
  halves: Of;
  /** Bytes of 8-bit blocks, as words of four. */
  bytes: Of;
  /** Scales of 8-bit blocks, as halves. */
  scales: Of;
}

/** Number formats of the arenas. */
const dtypes: Readonly<Packs<DType>> = { vectors: "f32", halves: "f16", bytes: "u32", scales: "f16" };

const kinds = Object.keys(dtypes) as (keyof Packs<never>)[];

/** A tensor of the kernels in its arena. */
interface Place {
  slot: WeightSlot;
  kind: "vectors" | "halves" | "bytes";
  /** First element in its arena. */
  start: number;
  /** First element of its scales. */
  scales: number;
}

/** The places of a model's tensors in the arenas of a number format. */
class PackedLayout {
  /** The layout of each arena. */
  readonly arenas: Packs<ArenaLayout>;
  /** The tensors in the order of the arena in f32. */
  readonly places: Place[];

  constructor(layout: WeightLayout, readonly dtype: "f16" | "q8") {
    const made = () => new ArenaLayout();
    // Halves lie as the weights in f32 do, so that chunks of the one are cast to chunks of the other.
    const halves = dtype === "f16" ? layout.places : made();
    this.arenas = { vectors: made(), halves, bytes: made(), scales: made() };
    this.places = layout.slots.map((slot) => this.#place(slot, layout.shard));
  }

  #place(slot: WeightSlot, shard: Shard): Place {
    const { vectors, halves, bytes, scales } = this.arenas;
    const { key, shape, start } = slot;
    const [rows, cols] = shape;
    if (shape.length === 1) return { slot, kind: "vectors", start: vectors.place(key, shape), scales: 0 };
    if (this.dtype === "f16") return { slot, kind: "halves", start, scales: 0 };
    if (!isWholeBlocks(slot, shard)) {
      return { slot, kind: "halves", start: halves.place(key, shape), scales: 0 };
    }
    return {
      slot,
      kind: "bytes",
      start: bytes.place(key, [rows, cols / 4]),
      scales: scales.place(`${key}.scales`, [rows, cols / q8Weights]),
    };
  }

  /** Bytes of all arenas. */
  get size(): number {
    return kinds.reduce((sum, kind) => sum + this.arenas[kind].size * bytesOf(dtypes[kind]), 0);
  }
}

/** Returns true where the rows of a matrix are whole blocks, on every process that holds a part of its columns. */
function isWholeBlocks({ cols, parts }: WeightSlot, { of }: Shard): boolean {
  const whole = parts[0].part?.shape[1] ?? cols;
  return (whole === cols ? cols : whole / of) % q8Weights === 0;
}

/** Returns the bytes of the weights that products read, without weights in f32 that are trained. */
export function packedBytes(layout: WeightLayout, dtype: WeightType): number {
  return dtype === "f32" ? 4 * layout.places.size : new PackedLayout(layout, dtype).size;
}

/** The weights of a model as halves or as blocks of 8 bits. */
export class PackedWeights {
  /** Number format of its matrices. */
  readonly dtype: "f16" | "q8";
  readonly #layout: WeightLayout;
  readonly #packed: PackedLayout;
  readonly #arenas: Partial<Packs<Arena>> = {};

  private constructor(
    layout: WeightLayout,
    dtype: "f16" | "q8",
    allocate: (kind: keyof Packs<Arena>, places: ArenaLayout) => Arena,
  ) {
    this.dtype = dtype;
    this.#layout = layout;
    this.#packed = new PackedLayout(layout, dtype);
    for (const kind of kinds) {
      const places = this.#packed.arenas[kind];
      if (places.size > 0) this.#arenas[kind] = allocate(kind, places);
    }
  }

  /**
   * Allocates weights of zeros.
   *
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  static allocate(device: Device, owner: string, layout: WeightLayout, dtype: "f16" | "q8"): PackedWeights {
    const made: Arena[] = [];
    try {
      return new PackedWeights(layout, dtype, (kind, places) => {
        const arena = Arena.allocate(device, `${owner}: ${dtype} ${names[kind]}`, places, {
          dtype: dtypes[kind],
        });
        made.push(arena);
        return arena;
      });
    } catch (error) {
      for (const arena of made) arena.free(device);
      throw error;
    }
  }

  /** Makes weights without memory, to count what is recorded. */
  static planned(limits: DeviceLimits, layout: WeightLayout, dtype: "f16" | "q8"): PackedWeights {
    return new PackedWeights(layout, dtype, (kind, places) => {
      return Arena.planned(limits, kind, places, dtypes[kind]);
    });
  }

  /** Returns a tensor of the kernels. */
  view({ key, start }: WeightSlot): Tensor {
    const place = this.#placeAt(start);
    const { shape } = place.slot;
    if (place.kind === "bytes") return this.#blocks(key, place);
    return this.#arenas[place.kind]!.view(key, shape, place.start);
  }

  /** Returns a matrix of blocks, each of whose pieces has its scales. */
  #blocks(key: string, { slot, start, scales }: Place): Tensor {
    const [rows, cols] = slot.shape;
    const words = this.#arenas.bytes!.view(key, [rows, cols / 4], start);
    const factors = this.#arenas.scales!.view(`${key}.scales`, [rows, cols / q8Weights], scales);
    const whole = words.pieces || factors.pieces;
    const ranges = whole ? cutRows(unbound, [words, factors]) : [{ first: 0, rows }];
    const pieces = ranges.map((range) => {
      const { storage, offset } = rowsOf(words, range);
      const piece = new Tensor(key, [range.rows, cols], "q8", storage, offset);
      piece.scales = rowsOf(factors, range);
      return piece;
    });
    if (pieces.length === 1) return pieces[0];
    const joined = new Tensor(key, slot.shape, "q8", { name: key, bytes: rows * cols, offset: 0 });
    joined.pieces = pieces;
    return joined;
  }

  /** Returns the place of the tensor that holds element `start` of the arena in f32. */
  #placeAt(start: number): Place {
    return this.#packed.places.findLast(({ slot }) => slot.start <= start)!;
  }

  /** Returns rows of the arena in f32 as rows of the arena that holds them here; `unit` numbers of it are one element. */
  #rowsIn({ slot, start }: Place, rows: ArenaRows, unit = 1, first = start): ArenaRows {
    const from = first + (rows.start - slot.start) / unit;
    return { start: from, rows: rows.rows, cols: rows.cols / unit, stride: rows.stride / unit };
  }

  /** Tells if rows of the arena in f32 are held as blocks of 8 bits. */
  takesBlocks({ start }: ArenaRows): boolean {
    return this.#placeAt(start).kind === "bytes";
  }

  /**
   * Rounds f32 rows, whose place is that in the arena in f32, and copies them to the GPU. Blocks are rounded as by ggml.
   *
   * @throws {ConfigError} for a number that the format cannot hold, naming the weight
   */
  write(device: Device, rows: ArenaRows, data: Float32Array<ArrayBuffer>): void {
    const place = this.#placeAt(rows.start);
    if (place.kind === "bytes") {
      return this.#writeParts(device, rows, checkedBlocks(data, this.#nameAt(rows)));
    }
    if (place.kind === "halves") checkHalves(data, this.#nameAt(rows));
    this.#arenas[place.kind]!.write(device, this.#rowsIn(place, rows), data);
  }

  /** Copies rows of Q8_0 blocks to the GPU as they are. */
  writeBlocks(device: Device, rows: ArenaRows, blocks: Uint8Array<ArrayBuffer>): void {
    this.#writeParts(device, rows, splitQ8(blocks));
  }

  #writeParts(device: Device, rows: ArenaRows, { scales, bytes }: Q8Parts): void {
    const place = this.#placeAt(rows.start);
    this.#arenas.bytes!.write(device, this.#rowsIn(place, rows, 4), new Float32Array(bytes.buffer));
    // Scales are written by words of two: behind an odd number of them stands one of a row of zeros.
    const at = this.#rowsIn(place, rows, q8Weights, place.scales);
    const size = Math.ceil(scales.length / 2) * 2;
    const padded = new Float32Array(size);
    padded.set(scales);
    this.#arenas.scales!.write(device, { start: at.start, rows: 1, cols: size, stride: size }, padded);
  }

  /** Reads rows back as f32, whose places are those in the arena in f32. */
  async read(device: Device, wanted: readonly ArenaRows[]): Promise<Float32Array<ArrayBuffer>[]> {
    const rows: Packs<ArenaRows[]> = { vectors: [], halves: [], bytes: [], scales: [] };
    const plans = wanted.map((at) => {
      const place = this.#placeAt(at.start);
      const { kind } = place;
      if (kind === "bytes") rows.scales.push(this.#rowsIn(place, at, q8Weights, place.scales));
      return { kind, index: rows[kind].push(this.#rowsIn(place, at, kind === "bytes" ? 4 : 1)) - 1 };
    });
    const found: Partial<Packs<Float32Array<ArrayBuffer>[]>> = {};
    for (const kind of kinds) {
      if (rows[kind].length) found[kind] = await this.#arenas[kind]!.read(device, rows[kind]);
    }
    return plans.map(({ kind, index }) => {
      const data = found[kind]![index];
      if (kind !== "bytes") return data;
      const scales = new Float16Array(found.scales![index]);
      return unpackQ8({ bytes: new Int8Array(data.buffer, data.byteOffset, data.byteLength), scales });
    });
  }

  #nameAt({ start }: ArenaRows): string {
    return this.#layout.parameters.filter((parameter) => parameter.start <= start)
      .reduce((a, b) => a.start > b.start ? a : b).name;
  }

  /** Records the rounding of weights in f32 to halves, and the copy of the norms. */
  recordPacking(r: Recorder, weights: Arena): void {
    weights.chunks.forEach((chunk, i) => cast(r, chunk, this.#arenas.halves!.chunks[i]));
    this.#eachVector(weights, (trained, own) => cast(r, trained, own));
  }

  /** Records the copy of halves and norms into weights in f32. */
  recordUnpacking(r: Recorder, weights: Arena): void {
    weights.chunks.forEach((chunk, i) => cast(r, this.#arenas.halves!.chunks[i], chunk));
    this.#eachVector(weights, (trained, own) => cast(r, own, trained));
  }

  #eachVector(weights: Arena, visit: (trained: Tensor, own: Tensor) => void): void {
    for (const { slot: { key, shape, start }, kind, start: at } of this.#packed.places) {
      if (kind !== "vectors") continue;
      const own = this.#arenas.vectors!.flat(key, at, shape[0]);
      weights.flat(key, start, shape[0]).forEach((trained, i) => visit(trained, own[i]));
    }
  }

  /** Returns the halves of a range of elements of the arena in f32 as flat tensors, one per chunk. */
  halves(name: string, start: number, size: number): Tensor[] {
    return this.#arenas.halves!.flat(name, start, size);
  }

  /** Returns a norm and the unused elements behind it as flat tensors, one per chunk. */
  norm(slot: WeightSlot): Tensor[] {
    return this.#arenas.vectors!.flat(slot.key, this.#placeAt(slot.start).start, slot.shape[0]);
  }

  /** Encodes the copy of weights of the same layout and format. */
  copyFrom(encoder: GPUCommandEncoder, other: PackedWeights): void {
    for (const kind of kinds) this.#arenas[kind]?.copyFrom(encoder, other.#arenas[kind]!);
  }

  /** Frees its buffers. */
  free(device: Device): void {
    for (const arena of Object.values(this.#arenas)) arena.free(device);
  }
}

/** A device that binds everything: blocks are cut only where their buffers end. */
const unbound = { limits: { maxStorageBufferBindingSize: Infinity } };

/** Names of the arenas in the memory report. */
const names: Readonly<Packs<string>> = {
  vectors: "norms",
  halves: "weights",
  bytes: "weights in blocks",
  scales: "scales",
};

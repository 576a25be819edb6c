/**
 * The way of updated weights from the rank that owns them to all ranks.
 *
 * Own parts of several buckets travel together. The weights of models of halves travel as halves, and their norms, which
 * products read in f32, in an exchange of their own.
 *
 * @module
 */
import type { Group } from "../../../base/exchange.ts";
import type { Tracer } from "../../../base/trace.ts";
import type { Device, Tensor } from "../../../gpu/mod.ts";
import { flatPieces } from "../../weights/divided_weights.ts";
import { type Bucket, type ElementRange, partOf } from "../../weights/owned_ranges.ts";
import { Staging } from "./staging.ts";

/** Settings of a gathering of weights. */
export interface GatherSettings {
  /** The device that holds the weights. */
  device: Device;
  /** The ranks over which they are divided. */
  group: Group;
  /** The buckets of the arena. */
  buckets: readonly Bucket[];
  /** Returns elements of the weights that are gathered as flat tensors. */
  flat: (start: number, size: number) => readonly Tensor[];
  /** Bytes of an element. */
  bytes: 2 | 4;
  /** False to wait for each exchange. */
  overlap: boolean;
  /** Returns false once the weights are gone: what still arrives is left aside. */
  alive: () => boolean;
  /** Receives times. */
  tracer: Tracer;
}

/** Gathers weights after each update. */
export class WeightGather {
  readonly #settings: GatherSettings;
  readonly #batches: Bucket[][];
  readonly #staging: Staging;
  /** The own part of each batch in memory that other threads read: it stays, since its garbage goes uncounted. */
  readonly #own: Uint8Array<SharedArrayBuffer>[] = [];

  /** Makes a gathering. */
  constructor(settings: GatherSettings) {
    this.#settings = settings;
    this.#batches = gatherBatches(settings.buckets);
    this.#staging = new Staging(settings.device, settings.bytes * partsOf(this.#batches[0]));
  }

  /**
   * Submits what `encoder` holds, reads the own parts and asks for their exchange. The one before must be over.
   *
   * @returns a function that waits for the parts of the others and copies them to the GPU
   */
  async ask(encoder: GPUCommandEncoder): Promise<() => Promise<void>> {
    const { device, group, overlap } = this.#settings;
    const asked: { batch: Bucket[]; all: Promise<Uint8Array<ArrayBuffer>> }[] = [];
    for (const [i, batch] of this.#batches.entries()) {
      const own = await this.#read(batch, i === 0 ? encoder : device.gpu.createCommandEncoder(), i);
      const all = group.allGather(own, "weights");
      all.catch(() => {}); // whoever awaits the weights is told
      asked.push({ batch, all });
      if (!overlap) await all;
    }
    const { alive, tracer } = this.#settings;
    return async () => {
      for (const { batch, all } of asked) {
        const gathered = await all;
        if (!alive()) return;
        const begin = tracer.now();
        this.#write(batch, gathered);
        tracer.add("copy", "weights", begin);
      }
    };
  }

  async #read(batch: readonly Bucket[], encoder: GPUCommandEncoder, index: number): Promise<Uint8Array> {
    const { device, group, bytes, flat, tracer } = this.#settings;
    const owned = batch.map((bucket) => partOf(bucket, group.rank));
    const ranges = owned.flatMap(({ start, size }) => flat(start, size).map((tensor) => tensor.range()));
    this.#staging.copy(encoder, ranges);
    const begin = tracer.now();
    device.gpu.queue.submit([encoder.finish()]);
    const own = this.#own[index] ??= new Uint8Array(new SharedArrayBuffer(bytes * partsOf(batch)));
    await this.#staging.map();
    tracer.add("compute", index === 0 ? "update" : "weights", begin);
    this.#staging.take((found) => {
      let at = 0;
      let from = 0;
      batch.forEach(({ part }, i) => {
        const size = bytes * owned[i].size;
        own.set(found.subarray(from, from + size), at);
        from += size;
        at += bytes * part;
      });
    });
    return own;
  }

  #write(batch: readonly Bucket[], gathered: Uint8Array<ArrayBuffer>): void {
    const { group, bytes } = this.#settings;
    let at = 0;
    for (let rank = 0; rank < group.size; rank++) {
      for (const bucket of batch) {
        const own = partOf(bucket, rank);
        if (rank !== group.rank) this.#writeRange(own, gathered.subarray(at, at + bytes * own.size));
        at += bytes * bucket.part;
      }
    }
  }

  #writeRange(range: ElementRange, data: Uint8Array<ArrayBuffer>): void {
    const { device, flat, bytes } = this.#settings;
    for (const { start, tensor } of flatPieces(flat, range)) {
      const from = bytes * (start - range.start);
      const { buffer, offset } = tensor.range();
      device.write(buffer, data.subarray(from, from + bytes * tensor.size), offset);
    }
  }

  /** Frees the staging buffer. */
  dispose(): void {
    this.#staging.dispose();
  }
}

/** Returns the elements of the parts of one rank. */
function partsOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { part }) => sum + part, 0);
}

/** Joins neighbouring buckets while the parts of a rank are no more elements than the largest bucket. */
export function gatherBatches(buckets: readonly Bucket[]): Bucket[][] {
  const batches: Bucket[][] = [];
  for (const bucket of buckets) {
    const last = batches.at(-1);
    if (last && partsOf(last) + bucket.part <= buckets[0].size) last.push(bucket);
    else batches.push([bucket]);
  }
  return batches;
}

/**
 * The ordered sum of gradients over the data ranks, bucket by bucket.
 *
 * A bucket is copied to the host and reduce-scattered: the numbers of all ranks are added in the order of ranks onto those
 * of the lanes before. The exchange runs on another thread while this one submits the next segment.
 *
 * @module
 */
import type { Group } from "../../../base/exchange.ts";
import type { Tracer } from "../../../base/trace.ts";
import type { Device } from "../../../gpu/mod.ts";
import type { Arena } from "../../weights/arena.ts";
import { flatPieces } from "../../weights/divided_weights.ts";
import { type Bucket, partOf } from "../../weights/owned_ranges.ts";
import { type BytesAt, Staging } from "./staging.ts";

/** Buckets that are on their way at the same time: as much host memory is taken. [ours] */
export const onTheWay = 4;

/** Host memory of a bucket, and the exchange that uses it. */
interface HostBucket {
  values: Float32Array<SharedArrayBuffer>;
  busy: Promise<unknown>;
}

/** Settings of an exchange of gradients. */
export interface ExchangeSettings {
  /** The device that holds the gradients. */
  device: Device;
  /** The gradients of this rank. */
  gradients: Arena;
  /** The ranks whose gradients are added. */
  group: Group;
  /** The buckets of the arena. */
  buckets: readonly Bucket[];
  /** False to wait for each exchange. */
  overlap: boolean;
  /** Receives times. */
  tracer: Tracer;
}

/** The sums of gradients over lanes and ranks. */
export class GradientExchange {
  readonly #settings: ExchangeSettings;
  /** Two, since the bytes of one segment are taken while the next one runs. */
  readonly #stagings: [Staging, Staging];
  readonly #host: HostBucket[] = [];
  #next = 0;
  /** The own part of each bucket's sum so far. */
  #sums: (Promise<Float32Array<ArrayBuffer>> | undefined)[] = [];

  /** Makes an exchange; host memory is taken at its first use. */
  constructor(settings: ExchangeSettings) {
    this.#settings = settings;
    const { device, buckets: [{ size }] } = settings;
    this.#stagings = [new Staging(device, 4 * size + 4), new Staging(device, 4 * size + 4)];
  }

  /** Encodes the copy of a bucket, and of `more` behind it, to where {@linkcode GradientExchange.wait} finds it. */
  copy(encoder: GPUCommandEncoder, bucket: number, more: readonly BytesAt[] = []): void {
    const { gradients, buckets } = this.#settings;
    const { start, size } = buckets[bucket];
    const ranges = gradients.flat("bucket", start, size).map((tensor) => tensor.range());
    this.#stagings[0].copy(encoder, [...ranges, ...more]);
  }

  /**
   * Waits for the copy of a bucket.
   *
   * @returns a function that takes its bytes, asks for its exchange and returns the bytes behind the bucket; with overlap it
   * does not wait for the exchange
   */
  async wait(bucket: number): Promise<() => Promise<Uint8Array<ArrayBuffer>>> {
    const staging = this.#stagings[0];
    await staging.map();
    this.#stagings.reverse();
    return () => this.#send(bucket, staging);
  }

  async #send(bucket: number, staging: Staging): Promise<Uint8Array<ArrayBuffer>> {
    const { group, buckets, overlap, tracer } = this.#settings;
    const { size, part } = buckets[bucket];
    const host = await this.#freeHost();
    const values = host.values.subarray(0, part * group.size);
    const onto = await this.#sums[bucket];
    const begin = tracer.now();
    const more = staging.take((bytes) => {
      values.set(new Float32Array(bytes.buffer, bytes.byteOffset, size));
      values.fill(0, size);
      return bytes.slice(4 * size);
    });
    tracer.add("copy", `bucket ${bucket}`, begin);
    const sum = group.reduceScatter(values, "gradients", onto);
    sum.catch(() => {}); // whoever awaits the sums is told
    this.#sums[bucket] = sum;
    host.busy = sum;
    if (!overlap) await sum;
    return more;
  }

  /** Returns host memory that no exchange uses any more. */
  async #freeHost(): Promise<HostBucket> {
    const index = this.#next++ % onTheWay;
    const { group, buckets: [{ part }] } = this.#settings;
    const bytes = new SharedArrayBuffer(this.#host[index] ? 0 : 4 * part * group.size);
    const host = this.#host[index] ??= { values: new Float32Array(bytes), busy: Promise.resolve() };
    await host.busy;
    return host;
  }

  /** Waits for all exchanges and returns the own part of each bucket's sum; undefined for buckets that were not sent. */
  async takeSums(): Promise<(Float32Array<ArrayBuffer> | undefined)[]> {
    const { buckets, tracer } = this.#settings;
    const begin = tracer.now();
    const sums = await Promise.all(buckets.map((_, bucket) => this.#sums[bucket]));
    tracer.add("wait", "gradients", begin);
    this.#sums = [];
    return sums;
  }

  /** Copies the own part of sums to the GPU, in place of this rank's gradients. */
  write(sums: readonly (Float32Array<ArrayBuffer> | undefined)[]): void {
    const { group } = this.#settings;
    sums.forEach((sum, bucket) => {
      if (sum) this.#writePart(bucket, group.rank, sum);
    });
  }

  /** Gathers the sums of all ranks and copies all to the GPU. */
  async gather(sums: readonly (Float32Array<ArrayBuffer> | undefined)[]): Promise<void> {
    const { group, buckets } = this.#settings;
    const asked = sums.map((sum) => sum && group.allGather(new Uint8Array(sum.buffer), "gradients"));
    for (const [bucket, gathered] of asked.entries()) {
      if (!gathered) continue;
      const all = new Float32Array((await gathered).buffer);
      const { part } = buckets[bucket];
      for (let rank = 0; rank < group.size; rank++) {
        this.#writePart(bucket, rank, all.subarray(rank * part, (rank + 1) * part));
      }
    }
  }

  #writePart(bucket: number, rank: number, data: Float32Array<ArrayBuffer>): void {
    const { device, gradients, buckets } = this.#settings;
    const own = partOf(buckets[bucket], rank);
    for (const { start, tensor } of flatPieces((s, n) => gradients.flat("sum", s, n), own)) {
      const { buffer, offset } = tensor.range();
      device.write(buffer, data.subarray(start - own.start, start - own.start + tensor.size), offset);
    }
  }

  /** Frees the staging buffers. */
  dispose(): void {
    for (const staging of this.#stagings) staging.dispose();
  }
}

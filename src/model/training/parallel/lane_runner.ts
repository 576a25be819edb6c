/**
 * The lanes of a rank: micro-batches into a sum of gradients that begins at zero, and the exchange of that sum.
 *
 * The last micro-batch of a lane is cut behind the last writer of each bucket of gradients. A segment is submitted with the
 * copy of the bucket that it completes, awaited, and handed over; then the next one is submitted at once. So the network
 * carries bucket k while the GPU computes segment k + 1.
 *
 * @module
 */
import type { Tracer } from "../../../base/trace.ts";
import type { BatchRow } from "../../architecture/batch.ts";
import { overlap } from "../../weights/owned_ranges.ts";
import { bucketOrder, type BucketSegment, bucketSegments } from "./bucket_order.ts";
import type { ParallelOptions, ParallelParts } from "./build_parallel.ts";
import { GradientExchange } from "./gradient_exchange.ts";

/** Computes lanes. */
export class LaneRunner {
  /** The sums of gradients over lanes and ranks. */
  readonly exchange: GradientExchange;
  readonly #parts: ParallelParts;
  readonly #tracer: Tracer;
  /** The last micro-batch of a lane. */
  readonly #segments: readonly BucketSegment[];
  /** True where losses of several lanes are added on the host. */
  readonly #readsLoss: boolean;

  /** Makes a runner; with overlap, programs that turn sums into gradients still come before all exchanges. */
  constructor(
    parts: ParallelParts,
    { ranks: { data, model }, lanes, overlap = true }: ParallelOptions,
    tracer: Tracer,
  ) {
    this.#parts = parts;
    this.#tracer = tracer;
    const { device, gradients, buckets, micro: { calls }, collect } = parts;
    this.exchange = new GradientExchange({ device, gradients, group: data, buckets, overlap, tracer });
    this.#readsLoss = lanes > 1;
    const early = overlap && !collect;
    const order = bucketOrder(calls, gradients, buckets)
      .filter(({ bucket }) => lanes > 1 || isShared(parts, bucket, model.size))
      .map(({ bucket, end }) => ({ bucket, end: early ? end : calls.length }));
    this.#segments = bucketSegments(order, calls.length);
  }

  /**
   * Computes a lane and asks for the exchange of its gradients.
   *
   * @returns its loss; 0 where there is one lane, whose loss stays on the GPU
   */
  async run(rows: readonly BatchRow[]): Promise<number> {
    const { device: { gpu }, batch: { batch: size }, micro } = this.#parts;
    const count = Math.ceil(rows.length / size);
    let encoder = gpu.createCommandEncoder();
    this.#clear(encoder);
    for (let i = 0; i < count - 1; i++) {
      this.#fill(rows, i);
      micro.encode(encoder);
      gpu.queue.submit([encoder.finish()]);
      encoder = gpu.createCommandEncoder();
    }
    if (count > 0) this.#fill(rows, count - 1);
    return await this.#last(encoder, count > 0);
  }

  /** Fills the inputs with the i-th micro-batch: those of one already submitted are read before they are overwritten. */
  #fill(rows: readonly BatchRow[], i: number): void {
    const { batch } = this.#parts;
    batch.fill(rows.slice(i * batch.batch, (i + 1) * batch.batch));
  }

  #clear(encoder: GPUCommandEncoder): void {
    const { gradients, trainable, state } = this.#parts;
    for (const sum of [gradients, ...trainable.scratch]) sum.clear(encoder);
    encoder.clearBuffer(state.loss.range().buffer);
  }

  /** Submits the last micro-batch, without its calls for an empty lane, and hands over its buckets. */
  async #last(encoder: GPUCommandEncoder, computes: boolean): Promise<number> {
    const { device: { gpu }, micro, collect, state: { loss } } = this.#parts;
    let read = 0;
    for (const [i, segment] of this.#segments.entries()) {
      const { first, end, bucket } = segment;
      const works = computes && end > first;
      if (works) micro.encode(encoder, segment);
      if (i === 0 || works) { if (end === micro.calls.length) collect?.encode(encoder); }
      const isLast = i === this.#segments.length - 1;
      const begin = this.#tracer.now();
      if (bucket !== undefined) {
        this.exchange.copy(encoder, bucket, isLast && this.#readsLoss ? [loss.range()] : []);
      }
      gpu.queue.submit([encoder.finish()]);
      encoder = gpu.createCommandEncoder();
      if (bucket === undefined) continue;
      const more = await this.exchange.send(bucket, {
        name: works ? `segment ${i}` : "copy of a bucket",
        begin,
      });
      if (more.length) read = new Float32Array(more.buffer)[0];
    }
    return read;
  }
}

/** Returns true for a bucket with gradients that the model ranks add. */
function isShared({ buckets, replicated }: ParallelParts, bucket: number, modelRanks: number): boolean {
  const shared = { start: replicated, size: Infinity };
  return modelRanks > 1 && overlap(buckets[bucket], shared) !== undefined;
}

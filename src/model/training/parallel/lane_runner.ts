/**
 * The lanes of a rank: micro-batches into a sum of gradients that begins at zero, and the exchange of that sum.
 *
 * The last micro-batch of a lane is cut behind the last writer of each bucket of gradients. A segment is submitted with the
 * copy of the bucket that it completes, and awaited; then the next one is submitted at once, and the bytes of the bucket are
 * handed over. So the network carries bucket k while the GPU computes segment k + 1.
 *
 * @module
 */
import type { Tracer } from "../../../base/trace.ts";
import type { Exchange } from "../../../gpu/mod.ts";
import type { BatchRow } from "../../architecture/batch.ts";
import { exchangeRows, runProgram } from "../../exchange_rows.ts";
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
  /** True where exchanges are not awaited. */
  readonly #overlaps: boolean;
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
    this.#overlaps = overlap;
    this.#readsLoss = lanes * model.size > 1;
    const early = overlap && !collect;
    const order = bucketOrder(calls, gradients, buckets)
      .filter(({ bucket }) => lanes > 1 || isShared(parts, bucket, model.size))
      .map(({ bucket, end }) => ({ bucket, end: early ? end : calls.length }));
    this.#segments = bucketSegments(order, parts.micro.segments);
  }

  /**
   * Computes a lane and asks for the exchange of its gradients.
   *
   * @returns its loss; 0 where there is one lane, whose loss stays on the GPU
   */
  async run(rows: readonly BatchRow[]): Promise<number> {
    const { batch: { batch: size }, micro, group } = this.#parts;
    const count = Math.ceil(rows.length / size);
    this.#clear();
    for (let i = 0; i < count; i++) {
      this.#fill(rows, i);
      if (i < count - 1) await runProgram(micro, group);
    }
    return await this.#last(count > 0);
  }

  /** Fills the inputs with the i-th micro-batch: those of one already submitted are read before they are overwritten. */
  #fill(rows: readonly BatchRow[], i: number): void {
    const { batch } = this.#parts;
    batch.fill(rows.slice(i * batch.batch, (i + 1) * batch.batch));
  }

  /** Clears gradients and loss. */
  #clear(): void {
    const { device: { gpu }, gradients, trainable, state } = this.#parts;
    const encoder = gpu.createCommandEncoder();
    for (const sum of [gradients, ...trainable.scratch]) sum.clear(encoder);
    encoder.clearBuffer(state.loss.range().buffer);
    gpu.queue.submit([encoder.finish()]);
  }

  /** Submits the last micro-batch, without its calls for an empty lane, and hands over its buckets. */
  async #last(computes: boolean): Promise<number> {
    const { device: { gpu }, micro, collect, state: { loss } } = this.#parts;
    const lastCalls = this.#segments.findIndex(({ end }) => end === micro.calls.length);
    const lastBucket = this.#segments.findLastIndex(({ bucket }) => bucket !== undefined);
    let read = 0;
    let handOver: (() => Promise<Uint8Array<ArrayBuffer>>) | undefined;
    const handOverLast = async () => {
      const more = await handOver?.();
      handOver = undefined;
      if (more?.length) read = new Float32Array(more.buffer)[0];
    };
    for (const [i, segment] of this.#segments.entries()) {
      const { first, end, bucket, exchange } = segment;
      const encoder = gpu.createCommandEncoder();
      const works = computes && end > first;
      if (works) micro.encode(encoder, segment);
      if (i === lastCalls) collect?.encode(encoder); // where there is one, all buckets come behind it
      if (bucket !== undefined) {
        this.exchange.copy(encoder, bucket, i === lastBucket && this.#readsLoss ? [loss.range()] : []);
      }
      const work = { name: works ? `segment ${i}` : "copy of a bucket", begin: this.#tracer.now() };
      gpu.queue.submit([encoder.finish()]);
      await handOverLast();
      if (exchange && computes) await this.#exchangeRows(exchange, work);
      if (bucket === undefined) continue;
      handOver = await this.exchange.wait(bucket);
      this.#tracer.add("compute", work.name, work.begin);
      if (!this.#overlaps) await handOverLast();
    }
    await handOverLast();
    return read;
  }

  /** Exchanges rows between the model ranks; their collective is asked for when the segment before it is done. */
  async #exchangeRows(exchange: Exchange, { name, begin }: { name: string; begin: number }): Promise<void> {
    const { device, group } = this.#parts;
    await exchangeRows(device, group, exchange);
    this.#tracer.add("compute", name, begin, group.log.newest.at(-1)?.asked);
  }
}

/** Returns true for a bucket with gradients that the model ranks add. */
function isShared({ buckets, replicated }: ParallelParts, bucket: number, modelRanks: number): boolean {
  const shared = { start: replicated, size: Infinity };
  return modelRanks > 1 && overlap(buckets[bucket], shared) !== undefined;
}

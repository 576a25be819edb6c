/**
 * The parts of the gradient norm on their way from those who own the gradients to all ranks.
 *
 * @module
 */
import type { Group } from "../../../base/exchange.ts";
import { normPart } from "../../../ops/mod.ts";
import { type Bucket, partOf } from "../../weights/owned_ranges.ts";

/**
 * Returns the parts of the norm of the whole model in the order in which one process adds them: over the data ranks those of
 * the arena; over the model ranks those of what is cut, rank after rank, and then those of what all hold, once.
 *
 * @param own the parts of what this rank owns, in order
 * @param data the ranks that own the other parts; undefined where this one owns all
 * @param replicated first element of the arena that all model ranks hold alike
 */
export async function gatherNormParts(
  own: Float32Array<ArrayBuffer>,
  { data, model }: { data?: Group; model: Group },
  buckets: readonly Bucket[],
  replicated: number,
): Promise<Float32Array<ArrayBuffer>> {
  const label = "norm parts";
  const held = data ? await ofDataRanks(own, data, buckets, label) : own;
  if (model.size === 1) return held;
  const all = new Float32Array((await model.allGather(new Uint8Array(held.buffer), label)).buffer);
  const cut = Math.ceil(replicated / normPart);
  const parts = new Float32Array(cut * model.size + held.length - cut);
  for (let rank = 0; rank < model.size; rank++) {
    parts.set(all.subarray(rank * held.length, rank * held.length + cut), rank * cut);
  }
  parts.set(all.subarray(cut, held.length), cut * model.size);
  return parts;
}

async function ofDataRanks(
  own: Float32Array<ArrayBuffer>,
  data: Group,
  buckets: readonly Bucket[],
  label: string,
): Promise<Float32Array<ArrayBuffer>> {
  const most = buckets.reduce((sum, { part }) => sum + part / normPart, 0);
  const padded = new Float32Array(most);
  padded.set(own);
  const all = new Float32Array((await data.allGather(new Uint8Array(padded.buffer), label)).buffer);
  const last = buckets.at(-1)!;
  const parts = new Float32Array(Math.ceil((last.start + last.size) / normPart));
  for (let rank = 0; rank < data.size; rank++) {
    let from = rank * most;
    for (const bucket of buckets) {
      const { start, size } = partOf(bucket, rank);
      const count = Math.ceil(size / normPart);
      parts.set(all.subarray(from, from + count), start / normPart);
      from += count;
    }
  }
  return parts;
}

/**
 * Sums over the ranks of one copy of the model: of the gradients of weights that all of them hold, and of losses.
 *
 * @module
 */
import type { Group } from "../../../base/exchange.ts";
import { type Bucket, overlap, partOf } from "../../weights/owned_ranges.ts";

/**
 * Adds the replicated part of each sum over the model ranks, in their order; every one of them then has it.
 *
 * @param sums the own parts of the buckets' sums over the data ranks; undefined for buckets without any
 * @param replicated first element of the arena that all model ranks hold alike
 */
export async function sumReplicated(
  sums: readonly (Float32Array<ArrayBuffer> | undefined)[],
  buckets: readonly Bucket[],
  dataRank: number,
  replicated: number,
  model: Group,
): Promise<void> {
  if (model.size === 1) return;
  for (const [i, sum] of sums.entries()) {
    if (!sum) continue;
    const own = partOf(buckets[i], dataRank);
    const shared = overlap(own, { start: replicated, size: Infinity });
    if (!shared) continue;
    const from = shared.start - own.start;
    const part = Math.ceil(shared.size / model.size);
    const values = new Float32Array(part * model.size);
    values.set(sum.subarray(from, from + shared.size));
    const label = "replicated gradients";
    const added = await model.reduceScatter(values, label);
    const all = new Float32Array((await model.allGather(new Uint8Array(added.buffer), label)).buffer);
    sum.set(all.subarray(0, shared.size), from);
  }
}

/**
 * Returns the loss of a batch from the losses of this rank's lanes: those of a lane are added in the order of model ranks,
 * each of which knows that of its rows, and the lanes in theirs.
 */
export async function sumLosses(
  own: Float32Array<ArrayBuffer>,
  data: Group,
  model: Group,
): Promise<number> {
  const all = await floatsOf(model, own);
  const lanes = own.map((_, lane) =>
    inOrder(Array.from({ length: model.size }, (_, r) => all[r * own.length + lane]))
  );
  const rounds = await floatsOf(data, lanes);
  const ordered: number[] = []; // lane r + k D is the k-th one of data rank r
  for (let k = 0; k < own.length; k++) {
    for (let rank = 0; rank < data.size; rank++) ordered.push(rounds[rank * own.length + k]);
  }
  return inOrder(ordered);
}

async function floatsOf(group: Group, own: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
  if (group.size === 1) return own;
  return new Float32Array((await group.allGather(new Uint8Array(own.buffer), "loss")).buffer);
}

/** Adds numbers in f32 from first to last. */
function inOrder(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => Math.fround(sum + x));
}

/**
 * Causal attention without a buffer of T x S scores (the paper's section 2.4).
 *
 *     Z = q k^T / sqrt(E)      P = softmax(Z)      o = P v
 *     D = sum(do o)            dP = do v^T         dZ = P (dP - D)
 *     dv = P^T do              dq = dZ k / sqrt(E)                    dk = dZ^T q / sqrt(E)
 *
 * where for each sequence and head q, o, dq and do are [T, E], k, v, dk and dv are [S, E], the scores Z and weights P are
 * [T, S], and D is [T]. Besides o only the maximum of each row of Z and 1 / sum(exp(Z - maximum)) are kept. The backward
 * pass computes each score by the same products and sums in the same order, so that scores of hundreds give the same P
 * again. The forward pass is that of Rabe and Staats 2021, the backward pass that of Dao and others 2022. Query head h
 * reads key head floor(h Hkv / H). The keys that a row sees are one span, first to last: causal order, document borders,
 * left padding and a cache are all spans.
 *
 * @module
 */
import {
  type DeviceProfile,
  grid2d,
  kernel,
  type Recorder,
  stored,
  type Tensor,
  vectors,
  width,
} from "../../gpu/mod.ts";
import { areFewQueries, fewQueries } from "./few_queries.ts";
import { subgroupTile } from "./subgroup_tile.ts";
import { sharedTile } from "./shared_tile.ts";
import { attentionForward, attentionGradKV, attentionGradQ, type Tile } from "./tiled.ts";
import forwardSource from "./attention.wgsl" with { type: "text" };
import gradQSource from "./attention_grad_q.wgsl" with { type: "text" };
import gradKVSource from "./attention_grad_kv.wgsl" with { type: "text" };

/** Sizes of an attention. */
export interface AttentionShape {
  /** Number of sequences, B. */
  batch: number;
  /** Query rows per sequence, T. */
  queries: number;
  /** Query heads, H. */
  heads: number;
  /** Key and value heads, Hkv; `heads` is a multiple of it. */
  kvHeads: number;
  /** Numbers in a head, E. */
  headDim: number;
}

/** Tensors that an attention reads. */
export interface AttentionInput {
  /** [B T, (H + 2 Hkv) E]: queries, keys and values side by side. */
  qkv: Tensor;
  /** [B T, 2] u32: first and last key that each row sees, counted within its sequence. */
  spans: Tensor;
  /** [B S, 2 Hkv E]: keys and values to read in place of those in `qkv`, for generation. There is no backward. */
  cache?: Tensor;
  /** [T, S], added to the scores. */
  mask?: Tensor;
}

/** Records the attention and its backward; returns o [B T, H E]. */
export function attention(r: Recorder, input: AttentionInput, shape: AttentionShape): Tensor {
  const { qkv, spans, cache, mask } = input;
  const { batch, queries, heads, kvHeads, headDim } = shape;
  const rows = batch * queries;
  const kv = cache ?? qkv;
  const keys = kv.rows / batch;
  const o = r.tensor("attention", [rows, heads * headDim], qkv.dtype);
  if (cache && !mask && areFewQueries(r.device, shape)) {
    fewQueries(r, { q: qkv, cache, spans, o }, shape);
    return o;
  }
  const tensors = { q: qkv, kv, o };
  const tile = mask ? undefined : tileFor(r.device, queries, keys, headDim, tensors);
  const unit = tile?.unit ?? width(headDim);
  const flop = 2 * rows * keys * heads * headDim; // of the scores, counted as if every row saw every key
  const k = (cache ? 0 : heads) * headDim / unit;
  const v = k + kvHeads * headDim / unit;
  const params = {
    rows,
    queries,
    keys,
    heads,
    group: heads / kvHeads,
    qStride: qkv.cols / unit,
    kvStride: kv.cols / unit,
    k,
    v,
    scale: 1 / Math.sqrt(headDim),
  };
  const WG = r.device.family === "shared" ? 64 : 8;
  const w = width(headDim);
  const prelude = vectors(w) + stored(w, tensors);
  const plain = (name: string, source: string) =>
    kernel(name, source, { E: headDim, MASKED: mask !== undefined, WG }, prelude);
  // The workgroups for `length` rows of each sequence and of each of `heads`.
  const grid = (length: number, heads: number) =>
    tile
      ? [Math.ceil(length / tile.lanes / tile.rows), batch * heads] as const
      : grid2d(Math.ceil(batch * length * heads / WG));
  const masks: Record<string, Tensor> = tile ? {} : { mask: mask ?? qkv }; // a binding needs a tensor
  const stats = r.tensor("stats", [rows, heads, 4]);

  const forward = tile ? attentionForward(tile, headDim) : plain("attention", forwardSource);
  r.call(forward, { q: qkv, kv, spans, ...masks, o, stats }, params, grid(queries, heads), flop);
  if (cache) return o;

  r.onBackward(() => {
    const dout = o.grad!;
    const d = r.tensor("dqkv", [rows, qkv.cols]);
    const gradQ = tile ? attentionGradQ(tile, headDim) : plain("attention_grad_q", gradQSource);
    const gradKV = tile ? attentionGradKV(tile, headDim) : plain("attention_grad_kv", gradKVSource);
    const args = { q: qkv, kv, spans, ...masks, dout, stats };
    r.call(gradQ, { ...args, o, dq: d }, params, grid(queries, heads), 1.5 * flop);
    r.call(gradKV, { ...args, dkv: d }, params, grid(keys, kvHeads), 2 * flop);
    r.grad(qkv, d);
  });
  return o;
}

/** Returns the tile of the device's family, or undefined for lengths that only the plain kernels compute. */
function tileFor(
  device: DeviceProfile,
  queries: number,
  keys: number,
  headDim: number,
  tensors: Readonly<Record<string, Tensor>>,
): Tile | undefined {
  if (headDim > 128) return undefined; // a head has to fit into registers
  if (device.family === "subgroup" && [headDim, queries, keys].every((n) => n % 8 === 0)) {
    return subgroupTile(device, headDim, queries, tensors);
  }
  if (device.family === "shared" && headDim % 4 === 0 && queries > 1) return sharedTile(headDim, tensors);
}

/**
 * Causal attention without a T x T buffer: forward after Rabe and Staats 2021, backward after Dao et al. 2022,
 * as in the paper's section 2.4.
 *
 *     S = q k^T / sqrt(E)      P = softmax(S)      o = P v            kept: o and L = log sum exp S
 *     D = sum(do o)            dP = do v^T         dS = P (dP - D)
 *     dv = P^T do              dq = dS k / sqrt(E)                    dk = dS^T q / sqrt(E)
 *
 * P is computed again from L in the backward pass. Query head h reads key head floor(h / group). Which keys a row
 * sees is one span of keys: causal, document borders, left padding and a cache are all spans.
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
import { subgroupTile } from "./subgroup_tile.ts";
import { sharedTile } from "./shared_tile.ts";
import { attentionForward, attentionGradKV, attentionGradQ, type Tile } from "./tiled.ts";
import forwardSource from "./attention.wgsl" with { type: "text" };
import gradQSource from "./attention_grad_q.wgsl" with { type: "text" };
import gradKVSource from "./attention_grad_kv.wgsl" with { type: "text" };

/** Sizes of an attention call. */
export interface AttentionShape {
  /** Sequences. */
  batch: number;
  /** Query rows a sequence. */
  queries: number;
  /** Query heads. */
  heads: number;
  /** Key and value heads; `heads` is a multiple of it. */
  kvHeads: number;
  /** Numbers in a head. */
  headDim: number;
}

/** What a call reads. */
export interface AttentionInput {
  /** [batch * queries, (heads + 2 kvHeads) headDim]: queries, keys and values side by side. */
  qkv: Tensor;
  /** [batch * queries, 2] u32: first and last key that each row sees. */
  spans: Tensor;
  /** [batch * keys, 2 kvHeads headDim]: keys and values of earlier rows, for generation (forward only). */
  cache?: Tensor;
  /** [queries, keys] added to the scores. */
  mask?: Tensor;
}

/** Records attention and its backward; gives [batch * queries, heads headDim]. */
export function attention(r: Recorder, input: AttentionInput, shape: AttentionShape): Tensor {
  const { qkv, spans, cache, mask } = input;
  const { batch, queries, heads, kvHeads, headDim } = shape;
  const rows = batch * queries;
  const kv = cache ?? qkv;
  const keys = kv.rows / batch;
  const o = r.tensor("attention", [rows, heads * headDim], qkv.dtype);
  const held = { q: qkv, kv, o };
  const tile = mask ? undefined : tileFor(r.device, queries, keys, headDim, held);
  const unit = tile?.unit ?? width(headDim);
  const flop = 2 * rows * keys * heads * headDim; // scores, were nothing masked
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
  const prelude = vectors(w) + stored(w, held);
  const plain = (name: string, source: string) =>
    kernel(name, source, { E: headDim, MASKED: mask !== undefined, WG }, prelude);
  /** Workgroups for `length` rows of each sequence and of each of `heads`. */
  const grid = (length: number, heads: number) =>
    tile
      ? [Math.ceil(length / tile.lanes / tile.rows), batch * heads] as const
      : grid2d(Math.ceil(batch * length * heads / WG));
  const added: Record<string, Tensor> = tile ? {} : { mask: mask ?? qkv };
  const stats = r.tensor("stats", [rows, heads, 2]);

  const forward = tile ? attentionForward(tile, headDim) : plain("attention", forwardSource);
  r.call(forward, { q: qkv, kv, spans, ...added, o, stats }, params, grid(queries, heads), flop);
  if (cache) return o;

  r.onBackward(() => {
    const dout = o.grad!;
    const d = r.tensor("dqkv", [rows, qkv.cols]);
    const gradQ = tile ? attentionGradQ(tile, headDim) : plain("attention_grad_q", gradQSource);
    const gradKV = tile ? attentionGradKV(tile, headDim) : plain("attention_grad_kv", gradKVSource);
    const args = { q: qkv, kv, spans, ...added, dout, stats };
    r.call(gradQ, { ...args, o, dq: d }, params, grid(queries, heads), 1.5 * flop);
    r.call(gradKV, { ...args, dkv: d }, params, grid(keys, kvHeads), 2 * flop);
    r.grad(qkv, d);
  });
  return o;
}

/** The tile of the device's family, where it can take these lengths; else the plain kernels do. */
function tileFor(
  device: DeviceProfile,
  queries: number,
  keys: number,
  headDim: number,
  held: Readonly<Record<string, Tensor>>,
): Tile | undefined {
  if (headDim > 128) return undefined; // a head must fit into registers
  if (device.family === "subgroup" && [headDim, queries, keys].every((n) => n % 8 === 0)) {
    return subgroupTile(device, headDim, queries, held);
  }
  if (device.family === "shared" && headDim % 4 === 0 && queries > 1) return sharedTile(headDim, held);
}

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
import { fold, kernel, type Recorder, type Tensor, vectors, width } from "../gpu/mod.ts";
import { attentionGradKVSg, attentionGradQSg, attentionSg, rowsPerLane } from "./attention_sg.ts";
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
  const { qkv, spans, cache, mask } = input, { batch, queries, heads, kvHeads, headDim } = shape;
  const rows = batch * queries, kv = cache ?? qkv, keys = kv.rows / batch;
  const fast = !mask && headDim % 8 === 0 && headDim <= 128 && queries % 8 === 0 && keys % 8 === 0 &&
    r.device.family === "sg";
  const unit = fast ? 8 : width(headDim), flop = 2 * rows * keys * heads * headDim; // scores, were nothing masked
  const k = (cache ? 0 : heads) * headDim / unit, v = k + kvHeads * headDim / unit;
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
  const WG = r.device.family === "shm" ? 64 : 8;
  const constants = { E: headDim, MASKED: mask !== undefined, WG }, prelude = vectors(width(headDim));
  const perLane = rowsPerLane(queries),
    tiles = [queries / 8 / perLane, batch * heads] as const,
    grid = fold(Math.ceil(rows * heads / WG));
  const o = r.tensor("attention", [rows, heads * headDim]), stats = r.tensor("stats", [rows, heads, 2]);

  if (fast) {
    r.call(
      attentionSg(headDim, r.device.int64, perLane),
      { q: qkv, kv, spans, o, stats },
      params,
      tiles,
      flop,
    );
  } else {
    const forward = kernel("attention", forwardSource, constants, prelude);
    r.call(forward, { q: qkv, kv, spans, mask: mask ?? qkv, o, stats }, params, grid, flop);
  }
  if (cache) return o;

  r.onBackward(() => {
    const dout = o.grad!, d = r.tensor("dqkv", [rows, qkv.cols]);
    const keyTiles = [keys / 8 / perLane, batch * kvHeads] as const;
    if (fast) {
      const q = qkv, wide = r.device.int64;
      r.call(
        attentionGradQSg(headDim, wide, perLane),
        { q, kv, spans, o, dout, stats, dq: d },
        params,
        tiles,
        1.5 * flop,
      );
      r.call(
        attentionGradKVSg(headDim, wide, perLane),
        { q, kv, spans, dout, stats, dkv: d },
        params,
        keyTiles,
        2 * flop,
      );
    } else {
      const gradQ = kernel("attention_grad_q", gradQSource, constants, prelude);
      const gradKV = kernel("attention_grad_kv", gradKVSource, constants, prelude);
      const args = { q: qkv, kv, spans, mask: mask ?? qkv, dout, stats };
      r.call(gradQ, { ...args, o, dq: d }, params, grid, 1.5 * flop);
      r.call(gradKV, { ...args, dkv: d }, params, fold(Math.ceil(rows * kvHeads / WG)), 2 * flop);
    }
    r.grad(qkv, d);
  });
  return o;
}

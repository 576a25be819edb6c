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
import { subgroupTile } from "./kernels/subgroup_tile.ts";
import type {
  AttentionKernels,
  AttentionPass,
  AttentionShape,
  AttentionTensors,
} from "./kernels/attention_kernels.ts";
import { blockKernels } from "./kernels/blocks.ts";
import { tiledKernels } from "./kernels/tiled.ts";
import forwardSource from "./attention.wgsl" with { type: "text" };
import gradQSource from "./attention_grad_q.wgsl" with { type: "text" };
import gradKVSource from "./attention_grad_kv.wgsl" with { type: "text" };

export type { AttentionShape } from "./kernels/attention_kernels.ts";

/** Tensors that an attention reads. */
export interface AttentionInput {
  /** [B T, (H + 2 Hkv) E]: queries, keys and values side by side. */
  qkv: Tensor;
  /**
   * [B T, 2] u32: first and last key that each row sees, counted within its sequence; first beyond last for none. For a
   * backward pass no row sees a key behind its own.
   */
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
  const kernels = kernelsFor(r.device, shape, keys, { q: qkv, kv, o }, mask);
  const { unit, args } = kernels;
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
  const stats = r.tensor("stats", [rows, heads, 4]);
  const call = (pass: AttentionPass, written: Record<string, Tensor>, flop: number) =>
    r.call(
      kernels.kernel(pass),
      { q: qkv, kv, spans, ...args, stats, ...written },
      params,
      kernels.grid(pass),
      flop,
    );

  call("forward", { o }, flop);
  if (cache) return o;

  r.onBackward(() => {
    const dout = o.grad!;
    const d = r.tensor("dqkv", [rows, qkv.cols]);
    call("gradQ", { o, dout, dq: d }, 1.5 * flop);
    call("gradKV", { dout, dkv: d }, 2 * flop);
    r.grad(qkv, d);
  });
  return o;
}

/** Returns the kernels of the device's family, or the plain ones for lengths that only these compute. */
function kernelsFor(
  device: DeviceProfile,
  shape: AttentionShape,
  keys: number,
  tensors: AttentionTensors,
  mask?: Tensor,
): AttentionKernels {
  const { queries, headDim } = shape;
  if (!mask && headDim <= 128) { // a head has to fit into registers
    const unit = Math.max(8, device.subgroup);
    if (device.family === "subgroup" && headDim % 8 === 0 && queries % unit === 0 && keys % unit === 0) {
      return tiledKernels(subgroupTile(device, headDim, queries, tensors), shape, keys);
    }
    if (device.family === "shared" && headDim % 4 === 0 && queries > 1) {
      return blockKernels(shape, keys, tensors);
    }
  }
  return plainKernels(device, shape, keys, tensors, mask);
}

const plain: Readonly<Record<AttentionPass, readonly [name: string, source: string]>> = {
  forward: ["attention", forwardSource],
  gradQ: ["attention_grad_q", gradQSource],
  gradKV: ["attention_grad_kv", gradKVSource],
};

/** Returns the kernels with one invocation per row and head, for any shape and with a mask. */
function plainKernels(
  device: DeviceProfile,
  { batch, queries, heads, kvHeads, headDim: E }: AttentionShape,
  keys: number,
  tensors: AttentionTensors,
  mask?: Tensor,
): AttentionKernels {
  const WG = device.family === "shared" ? 64 : 8;
  const w = width(E);
  const prelude = vectors(w) + stored(w, tensors);
  return {
    unit: w,
    args: { mask: mask ?? tensors.q }, // a binding needs a tensor
    kernel: (pass) => kernel(...plain[pass], { E, MASKED: mask !== undefined, WG }, prelude),
    grid: (pass) => grid2d(Math.ceil(batch * (pass === "gradKV" ? keys * kvHeads : queries * heads) / WG)),
  };
}

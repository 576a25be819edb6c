/**
 * Attention of one to seven queries per sequence over a cache, as in the decoding of one token: o = softmax(Z) v with the
 * formulas of attention.ts, forward only.
 *
 * With one query there is nothing to tile but the keys: lanes lie along them, the query heads of a key head share its
 * loads, and long caches are cut into ranges that different workgroups compute. Each leaves its largest score, the sum of
 * its weights and its weighted values; a second kernel joins these parts.
 *
 * @module
 */
import {
  type DeviceProfile,
  grid2d,
  type Kernel,
  kernel,
  type Recorder,
  stored,
  type Tensor,
  vectorPrelude,
} from "../../gpu/mod.ts";
import type { AttentionShape } from "./kernels/attention_kernels.ts";
import { over, range, unroll } from "../unroll.ts";
import { load, store, vec8Array, vec8Functions, vec8LayoutOf } from "../vec8.ts";
import subgroupTemplate from "./few_queries_subgroup.wgsl" with { type: "text" };
import sharedTemplate from "./few_queries_shared.wgsl" with { type: "text" };
import combineSource from "./attention_combine.wgsl" with { type: "text" };

/** Tensors that it reads and writes. */
export interface FewQueriesTensors {
  /** [B T, H E ...]: queries, side by side from the first column on. */
  q: Tensor;
  /** [B S, 2 Hkv E]: keys and values. */
  cache: Tensor;
  /** [B T, 2] u32: first and last key that each row sees. */
  spans: Tensor;
  /** [B T, H E]: the output. */
  o: Tensor;
}

/** Returns true where {@linkcode fewQueries} computes the attention of a cache. */
export function areFewQueries({ family }: DeviceProfile, { queries, headDim }: AttentionShape): boolean {
  const unit = family === "subgroup" ? 8 : 4;
  return family !== "plain" && queries < 8 && headDim % unit === 0 && headDim <= 256;
}

/** The way in which a family cuts the work. */
interface Cut {
  /** Numbers in a unit of memory. */
  unit: 8 | 4;
  /** Keys in a range. */
  keys: number;
  /** Parts that a workgroup leaves for each head. */
  lanes: number;
  /** Query heads of a workgroup, which read the same key head. */
  heads: number;
}

function cutFor({ family, subgroup }: DeviceProfile, headDim: number, group: number): Cut {
  const most = family === "subgroup" ? Math.max(1, 256 / headDim) : 4; // of query heads
  const heads = range(group).map((n) => n + 1).findLast((n) => n <= most && group % n === 0)!;
  return family === "subgroup"
    ? { unit: 8, keys: 512, lanes: subgroup, heads }
    : { unit: 4, keys: 128, lanes: 1, heads };
}

/** Records the attention of the queries to the keys of the cache that their spans name. */
export function fewQueries(r: Recorder, tensors: FewQueriesTensors, shape: AttentionShape): void {
  const { q, cache, spans, o } = tensors;
  const { batch, queries, heads, kvHeads, headDim } = shape;
  const group = heads / kvHeads;
  const rows = batch * queries;
  const keys = cache.rows / batch;
  const cut = cutFor(r.device, headDim, group);
  const ranges = Math.ceil(keys / cut.keys);
  const P = ranges * cut.lanes;
  const parts = r.tensor("attention.parts", [rows * heads, P, headDim]);
  const sums = r.tensor("attention.sums", [rows * heads, P, 2]);
  const per = headDim / cut.unit;
  const params = {
    queries,
    keys,
    heads,
    group,
    parts: P,
    qStride: q.stride / cut.unit,
    kvStride: cache.stride / cut.unit,
    k: 0,
    v: kvHeads * per,
    scale: 1 / Math.sqrt(headDim),
  };
  const made = r.device.family === "subgroup"
    ? subgroupKernel(r.device, cut, headDim, { q, cache, parts })
    : sharedKernel(cut, headDim, { q, cache });
  const grid = [ranges, rows * heads / cut.heads] as const;
  r.call(made, { q, kv: cache, spans, parts, sums }, params, grid, 4 * rows * keys * heads * headDim);
  const { width, prelude } = vectorPrelude(r.device, { parts, o }, headDim);
  const units = headDim / width;
  const size = rows * heads * units;
  const sizes = { size, heads, parts: P, units, keys: cut.keys, lanes: cut.lanes };
  const combine = kernel("attention_combine", combineSource, {}, prelude);
  r.call(combine, { spans, parts, sums, o }, sizes, grid2d(Math.ceil(size / 64)));
}

const kernels = new Map<string, Kernel>();

function subgroupKernel(
  device: DeviceProfile,
  cut: Cut,
  headDim: number,
  { q, cache, parts }: Record<"q" | "cache" | "parts", Tensor>,
): Kernel {
  const layouts = {
    q: vec8LayoutOf(device, q),
    kv: vec8LayoutOf(device, cache),
    parts: vec8LayoutOf(device, parts),
  };
  const name =
    `attention_few subgroup E=${headDim} heads=${cut.heads} ${layouts.q} ${layouts.kv} ${layouts.parts}`;
  const known = kernels.get(name);
  if (known) return known;
  const N = headDim / 8;
  const text = unroll(subgroupTemplate, {
    names: {
      N,
      keys: cut.keys,
      heads: cut.heads,
      lanes: cut.lanes,
      functions: vec8Functions(layouts.q, layouts.kv, layouts.parts),
      arrayQ: vec8Array(layouts.q),
      arrayKV: vec8Array(layouts.kv),
      arrayParts: vec8Array(layouts.parts),
    },
    indices: {
      h: over("h", range(cut.heads)),
      i: over("i", range(N)),
      o: over("o", ["l", "h"]),
      c: over("c", range(N).flatMap((i) => [`${i}l`, `${i}h`])),
    },
    macros: {
      loadQ: (name, place) => load(layouts.q, name, "q", place),
      loadKV: (name, place) => load(layouts.kv, name, "kv", place),
      store: (place, l, h) => store(layouts.parts, "parts", place, l, h),
    },
  });
  const made = kernel(name, text, {}, "", subgroupTemplate);
  kernels.set(name, made);
  return made;
}

function sharedKernel(cut: Cut, headDim: number, { q, cache }: Record<"q" | "cache", Tensor>): Kernel {
  const N = headDim / 4;
  const { heads, keys } = cut;
  const step = [4, 2, 1].find((n) => N % n === 0)!;
  const share = 64 / [1, 2, 4].find((n) => n >= heads)!;
  const text = unroll(sharedTemplate, {
    names: {
      N,
      keys,
      heads,
      step,
      share,
      queries: heads * N,
      fours: heads * 64,
      scores: heads * keys,
      turns: Math.floor(64 / N),
    },
    indices: { h: over("h", range(heads)), u: over("u", range(step)) },
    macros: {},
  });
  const prelude = stored(4, { q, kv: cache });
  return kernel(`attention_few shared E=${headDim} heads=${heads}`, text, {}, prelude, sharedTemplate);
}

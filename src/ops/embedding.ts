/**
 * The embedding table, which holds a vector for each token.
 *
 *     y_r = W_id(r)
 *     dW_v += sum of dy_r over the rows r with id(r) = v
 *
 * where id [R] are token ids, W is [V, D], y is [R, D]. The host sorts the rows by token, so that one workgroup per token
 * adds them in a fixed order. A table that cannot be bound as a whole is read, and its gradient written, by ranges of rows.
 * Tables of f16 and q8 are read as f32; y is f16 where table and kernels are.
 *
 * @module
 */
import {
  type DType,
  grid2d,
  kernel,
  type Recorder,
  stored,
  type Tensor,
  vectors,
  weightReaders,
  width,
} from "../gpu/mod.ts";
import { unroll } from "./unroll.ts";
import forwardSource from "./embedding.wgsl" with { type: "text" };
import { rowRanges } from "./row_ranges.ts";
import backwardSource from "./embedding_grad.wgsl" with { type: "text" };

/** Token ids of a batch on the GPU, with the rows sorted by token for the backward pass; all u32. */
export interface TokenRows {
  /** [R] token ids. */
  ids: Tensor;
  /** [R] the distinct tokens, then unused entries. */
  tokens: Tensor;
  /** [R + 1] place in `order` where the rows of each distinct token start; two equal entries mark an unused one. */
  runs: Tensor;
  /** [R] rows sorted by token, stable. */
  order: Tensor;
}

/** Records the lookup in `table` [V, D] and its backward; returns y [R, D]. */
export function embedding(r: Recorder, rows: TokenRows, table: Tensor): Tensor {
  const R = rows.ids.size;
  const D = table.cols;
  const w = width(D);
  const cols = D / w;
  const dtype: DType = table.dtype === "f16" && r.device.f16 ? "f16" : "f32";
  const y = r.tensor("embedding", [R, D], dtype);
  const q8 = table.dtype === "q8";
  const source = unroll(forwardSource, { names: { q8, last: q8 ? 4 : 3 }, indices: {}, macros: {} });
  const prelude = vectors(w) + weightReaders(r.device, w, { table }) + stored(w, { y });
  const forward = kernel("embedding", source, {}, prelude);
  for (const { first, rows: count, tensor } of rowRanges(r.device, table)) {
    const args = { ids: rows.ids, table: tensor, y, ...tensor.scales && { table_scales: tensor.scales } };
    r.call(forward, args, { rows: R, cols, first, count }, grid2d(Math.ceil(R * cols / 64)));
  }
  r.onBackward(() => {
    if (!table.gradSum) return;
    const backward = kernel("embedding_grad", backwardSource, { WG: r.device.subgroup || 64 }, vectors(w));
    const { tokens, runs, order } = rows;
    for (const { first, rows: count, tensor } of rowRanges(r.device, table.gradSum)) {
      const args = { tokens, runs, order, dy: y.grad!, dtable: tensor };
      r.call(backward, args, { rows: R, cols, first, count }, grid2d(R));
    }
  });
  return y;
}

/** Sorts rows by token with a stable counting sort: fills `tokens` [R], `runs` [R + 1] and `order` [R]. */
export function sortRows(
  ids: Uint32Array,
  vocabSize: number,
  tokens: Uint32Array,
  runs: Uint32Array,
  order: Uint32Array,
): void {
  const next = new Uint32Array(vocabSize + 1);
  for (const id of ids) next[id + 1]++;
  tokens.fill(0);
  runs.fill(ids.length);
  let distinct = 0;
  for (let v = 0; v < vocabSize; v++) {
    const count = next[v + 1];
    if (count) {
      tokens[distinct] = v;
      runs[distinct++] = next[v];
    }
    next[v + 1] = next[v] + count;
  }
  for (let row = 0; row < ids.length; row++) order[next[ids[row]]++] = row;
}

/**
 * Products with few blocks of C and a long K: K is cut, each cut is summed by workgroups of its own, and the sums of the
 * cuts are added in their order.
 *
 * The gradient of a weight matrix of 128 x 128 over 16,384 rows has four blocks of 64 x 64, and a GPU has a hundred
 * processors. The length of a cut follows from the shape of the product alone, so that bits do not depend on limits of
 * the device; what does not fit into a binding is computed by several calls with the same sums.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, stored, type Tensor, vectors, width } from "../../gpu/mod.ts";
import { alignedColumns, columnsOf, cutRows, type RowRange, rowRanges, rowsOf } from "../row_ranges.ts";
import { type Choice, tileOf } from "./kernel_table.ts";
import { type Matrices, sharedProduct, type Tile } from "./shared.ts";
import sumsSource from "./matmul_sums.wgsl" with { type: "text" };

/** Workgroups that a cut product aims at: several for each processor of a large GPU. [ours] */
const workgroups = 512;

/** The least numbers of K in a cut, where one is made. [ours] */
const minCut = 256;

/**
 * Returns the numbers of K that a choice sums together in a product of this shape: a multiple of 128, or K where the
 * choice cuts nothing, C has blocks enough or K is short.
 */
export function cutOf(choice: Choice, M: number, N: number, K: number): number {
  if (!choice.endsWith("split")) return K;
  const [rows, cols] = tileOf(choice);
  const blocks = Math.ceil(M / rows) * Math.ceil(N / cols);
  const cuts = Math.min(Math.ceil(workgroups / blocks), Math.floor(K / minCut));
  return cuts > 1 ? Math.ceil(K / cuts / 128) * 128 : K;
}

/** Records C = A^T B, or C += A^T B with `add`, with K in cuts of `cut` numbers. */
export function cutProduct(r: Recorder, tile: Tile, { a, b, c }: Matrices, add: boolean, cut: number): void {
  const ranges = cutRows(r.device, [a, b]);
  for (const m of rowRanges(r.device, c, alignedColumns(a))) {
    for (let from = 0; from < a.rows;) {
      const bound = ranges.findLast(({ first }) => first <= from)!;
      const end = bound.first + bound.rows;
      const inBinding = end === a.rows ? Math.ceil((end - from) / cut) : Math.floor((end - from) / cut);
      const cuts = Math.max(1, Math.min(inBinding, cutsTogether(r, m.tensor)));
      const to = Math.min(from + cuts * cut, a.rows);
      const parts = r.tensor("parts", [cuts, m.rows, c.cols]);
      for (const k of rangesWithin(ranges, from, to)) {
        const rows = { a: columnsOf(rowsOf(a, k), m), b: rowsOf(b, k) };
        sharedProduct(r, "tn", tile, { ...rows, c: parts }, k.first > from, cut);
      }
      addParts(r, parts, m.tensor, add || from > 0);
      from = to;
    }
  }
}

/** Returns the number of cuts whose sums fit into one binding. */
function cutsTogether(r: Recorder, c: Tensor): number {
  const { maxStorageBufferBindingSize, maxBufferSize } = r.device.limits;
  return Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4 / c.size);
}

/** Returns the parts of ranges from row `from` to before row `to`. */
function rangesWithin(ranges: readonly RowRange[], from: number, to: number): RowRange[] {
  return ranges.flatMap(({ first, rows }) => {
    const start = Math.max(first, from);
    const end = Math.min(first + rows, to);
    return start < end ? [{ first: start, rows: end - start }] : [];
  });
}

/** Records C = the sum of `parts` [cuts, M, N], or C += it with `add`. */
function addParts(r: Recorder, parts: Tensor, c: Tensor, add: boolean): void {
  const w = width(c.cols, c.stride);
  const made = kernel("matmul_sums", sumsSource, { ADD: add }, vectors(w) + stored(w, { c }));
  const size = c.size / w;
  const params = { cuts: parts.shape[0], size, cols: c.cols / w, ldc: c.stride / w };
  r.call(made, { parts, c }, params, grid2d(Math.ceil(size / 64)));
}

/**
 * Matrix products, by the kernel that the device's table names.
 *
 *     nn:  C = A B          nt:  C = A B^T          tn:  C = A^T B
 *
 * where C is [M, N] and the sums run over K numbers in f32, whatever the types of the matrices. Sums that are added to C
 * start with C, so that a product over K in ranges has the bits of one pass. Read `plain` (matmul.wgsl) first: it runs on
 * every adapter. The other two kernels compute the same sums faster: `subgroup` (subgroup.ts) on software adapters,
 * `shared` (shared.ts) on GPUs. Products of up to seven rows with B^T have a kernel of their own (few_rows.ts), and weights of
 * few bytes are unpacked for more rows (unpack_weights.ts). A product has no backward of its own: the gradients of linear.ts
 * are products too.
 *
 * Matrices larger than an adapter's binding limit, or in several buffers, are multiplied in ranges of M, N and K. The
 * kernel is chosen for the whole, so that ranges change no bit.
 *
 * @module
 */
import {
  bytesOf,
  type DeviceProfile,
  isPacked,
  type Kernel,
  kernel,
  type Recorder,
  stored,
  type Tensor,
} from "../../gpu/mod.ts";
import { type Choice, choiceFor, shapeClass, tileOf } from "./kernel_table.ts";
import { type Layout, type Lines, matmulSubgroup } from "./subgroup.ts";
import { type Matrices, sharedProduct } from "./shared.ts";
import { cutOf, cutProduct } from "./split_k.ts";
import { alignedColumns, alignedRows, columnsOf, cutRows, rowRanges, rowsOf } from "../row_ranges.ts";
import { areFewRows, fewRows } from "./few_rows.ts";
import { unpackWeights } from "./unpack_weights.ts";
import { vec8LayoutOf } from "../vec8.ts";
import plainSource from "./matmul.wgsl" with { type: "text" };

export type { Layout } from "./subgroup.ts";

/**
 * Records C = A B (`nn`), A B^T (`nt`) or A^T B (`tn`).
 *
 * @param a [M, K], for `tn` [K, M]
 * @param b [K, N], for `nt` [N, K]
 * @param c [M, N]; with `add` the sums start with it
 * @param wholeM rows of the whole of which C is a part (default M), for which the kernel is chosen
 * @param cuts false where K is part of a longer sum: then it is not cut, since the cuts would not be those of the whole
 * @throws {Error} for shapes that do not fit
 * @throws {DeviceError} for rows too long to be bound
 */
export function matmul(
  r: Recorder,
  layout: Layout,
  a: Tensor,
  b: Tensor,
  c: Tensor,
  add = false,
  wholeM = c.rows,
  cuts = true,
): void {
  const [M, K] = layout === "tn" ? [a.cols, a.rows] : [a.rows, a.cols];
  const [N, inner] = layout === "nt" ? [b.rows, b.cols] : [b.cols, b.rows];
  if (inner !== K || c.rows !== M || c.cols !== N) {
    const shapes = [a, b, c].map((t) => `${t.name} [${t.shape.join(" ")}]`).join(", ");
    throw new Error(`Cannot multiply ${layout}: shapes do not fit: ${shapes}`);
  }
  const isFew = layout === "nt" && !add && areFewRows(r.device, wholeM, b);
  const chosen = choice(r.device, layout, wholeM, N);
  const cut = cuts && layout === "tn" ? cutOf(chosen, wholeM, N, K) : K;
  if (cut < K) return cutProduct(r, tileOf(chosen), { a, b, c }, add, cut);
  const unpacked = needsUnpacking(r.device, chosen, { a, b, c });
  for (const { first, ...part } of partsOf(r.device, layout, { a, b, c })) {
    if (isFew) fewRows(r, part.a, part.b, part.c);
    else if (unpacked) unpackedProduct(r, chosen, layout, part, add || !first);
    else product(r, chosen, layout, part, add || !first, K);
  }
}

/** Numbers of K that every kernel sums as a unit: with ranges of multiples of it the sums have the bits of one pass. */
export const sumUnit = 16;

/**
 * Lists the products that make up a product: ranges of the rows of A, B and C, and the columns that belong to them.
 * `first` is true for the first range of K, whose sums the others continue.
 */
function* partsOf(
  device: DeviceProfile,
  layout: Layout,
  { a, b, c }: Matrices,
): Generator<Matrices & { first: boolean }> {
  if (layout === "tn") {
    for (const m of rowRanges(device, c, alignedColumns(a))) {
      for (const k of cutRows(device, [a, b], sumUnit)) {
        const inner = columnsOf(rowsOf(a, k), m);
        yield { a: inner, b: rowsOf(b, k), c: m.tensor, first: k.first === 0 };
      }
    }
    return;
  }
  for (const m of cutRows(device, [a, c])) {
    const [lines, out] = [rowsOf(a, m), rowsOf(c, m)];
    for (const n of rowRanges(device, b, alignedColumns(layout === "nt" ? c : a))) {
      if (layout === "nt") yield { a: lines, b: n.tensor, c: columnsOf(out, n), first: true };
      else yield { a: columnsOf(lines, n), b: n.tensor, c: out, first: n.first === 0 };
    }
  }
}

/** Returns the kernel of the table, or `plain` for so few rows that a tile would be almost empty. */
function choice(device: DeviceProfile, layout: Layout, M: number, N: number): Choice {
  return M < 8 ? "plain" : choiceFor(device, shapeClass(layout, M, N));
}

/** Returns true where B consists of bytes, or of packed halves that the kernel does not read. */
function needsUnpacking(device: DeviceProfile, by: Choice, { a, b, c }: Matrices): boolean {
  const reads = by.startsWith("subgroup") && areByEights(a, b, c);
  return b.dtype === "q8" || isPacked(device, b) && !reads;
}

/** Returns true where every line is a whole number of eights. */
function areByEights(...matrices: Tensor[]): boolean {
  return matrices.every(({ cols, stride }) => cols % 8 === 0 && stride % 8 === 0);
}

/** Upper limit of the bytes of unpacked weights at one time. [ours] */
const unpackedBytes = 2 ** 24;

/** Records a product whose B is unpacked by ranges of rows: columns of C for `nt`, parts of the sums for `nn`. */
function unpackedProduct(r: Recorder, by: Choice, layout: Layout, { a, b, c }: Matrices, add: boolean): void {
  const dtype = r.device.f16 && a.dtype === "f16" ? "f16" : "f32";
  const { maxBufferSize, maxStorageBufferBindingSize } = r.device.limits;
  const bytes = Math.min(unpackedBytes, maxBufferSize, maxStorageBufferBindingSize);
  const unit = Math.max(sumUnit, alignedColumns(layout === "nt" ? c : a), alignedRows(b));
  const step = Math.max(1, Math.floor(bytes / bytesOf(dtype) / b.cols / unit)) * unit;
  for (let first = 0; first < b.rows; first += step) {
    const range = { first, rows: Math.min(step, b.rows - first) };
    const floats = unpackWeights(r, rowsOf(b, range), dtype);
    if (layout === "nt") product(r, by, layout, { a, b: floats, c: columnsOf(c, range) }, add);
    else product(r, by, layout, { a: columnsOf(a, range), b: floats, c }, add || first > 0);
  }
}

/**
 * Records a product of fitting shapes by the kernel `choice`, where {@linkcode matmul} takes that of the table.
 *
 * @param cut numbers of K that are summed together; default: what suits the choice
 */
export function product(
  r: Recorder,
  choice: Choice,
  layout: Layout,
  { a, b, c }: Matrices,
  add = false,
  cut: number = layout === "tn" ? cutOf(choice, c.rows, c.cols, a.rows) : Infinity,
): void {
  const [M, N] = [c.rows, c.cols];
  const K = layout === "tn" ? a.rows : a.cols;
  const [lda, ldb, ldc] = [a.stride, b.stride, c.stride];
  const flop = 2 * M * N * K;
  const call = (made: Kernel, params: Record<string, number>, rows: number, cols: number) =>
    r.call(made, { a, b, c }, { M, N, K, ldc, ...params }, [Math.ceil(N / cols), Math.ceil(M / rows)], flop);
  if (choice === "plain") {
    const [aRow, aCol] = layout === "tn" ? [1, lda] : [lda, 1];
    const [bRow, bCol] = layout === "nt" ? [1, ldb] : [ldb, 1];
    const made = kernel("matmul", plainSource, { ADD: add }, stored(1, { a, b, c }));
    return call(made, { aRow, aCol, bRow, bCol }, 32, 32);
  }
  const [rows, cols] = tileOf(choice);
  if (choice.startsWith("shared")) {
    if (cut < K) return cutProduct(r, [rows, cols], { a, b, c }, add, cut);
    return sharedProduct(r, layout, [rows, cols], { a, b, c }, add, K);
  }
  const byEights = areByEights(a, b, c) && K % 8 === 0;
  const lines = (matrix: Tensor): Lines =>
    byEights ? vec8LayoutOf(r.device, matrix) : { single: matrix.dtype };
  const height = byEights ? rows : layout === "tn" ? 16 : 32; // single numbers make long texts, which take seconds to compile
  const lanes = r.device.subgroup || 8;
  const made = matmulSubgroup(layout, add, { a: lines(a), b: lines(b), c: lines(c) }, height, lanes);
  call(made, { lda, ldb }, height, 8 * lanes);
}

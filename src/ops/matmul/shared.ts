/**
 * The matrix product for GPUs (family `shared`): a workgroup computes a block of C and shares slabs of A and B in workgroup
 * memory.
 *
 * An invocation keeps 8 x 8 sums in registers (4 x 8 in blocks of few rows), and each number that it loads from a slab is
 * used eight times. Slabs are 16 deep. An invocation moves blocks of 4 x 4 numbers into them, four numbers a load, and
 * transposes those whose lines run along K, so that all layouts multiply the same slabs. The largest block of C fills the
 * 16 KiB of workgroup memory that every device has. The text is unrolled because WGSL compilers guard loops.
 *
 * On a software adapter a barrier turns the workgroup into coroutines and makes this kernel slow; subgroup.ts is for those.
 *
 * @module
 */
import { type Kernel, kernel, type Recorder, stored, type Tensor, width } from "../../gpu/mod.ts";
import { over, range, unroll } from "../unroll.ts";
import type { Layout } from "./subgroup.ts";
import template from "./matmul_shared.wgsl" with { type: "text" };

/** Rows and columns of C that a workgroup computes. */
export type Tile = readonly [rows: number, cols: number];

/** The matrices of a product. */
export interface Matrices {
  /** [M, K], for `tn` [K, M]. */
  a: Tensor;
  /** [K, N], for `nt` [N, K]. */
  b: Tensor;
  /** [M, N]. */
  c: Tensor;
}

/** Lines of k in a slab. */
const depth = 16;

/**
 * Records C = A B, or C += A B with `add`, for any M, N and K.
 *
 * @param cut numbers of K that a workgroup sums, a multiple of 16 or all. For less than all, C is [cuts, M, N]: the sums of
 *   each cut, one behind another
 */
export function sharedProduct(
  r: Recorder,
  layout: Layout,
  [rows, cols]: Tile,
  { a, b, c }: Matrices,
  add: boolean,
  cut: number,
): void {
  const K = layout === "tn" ? a.rows : a.cols;
  const cuts = Math.ceil(K / cut);
  const [M, N] = [c.rows / cuts, c.cols];
  const made = matmulShared(layout, add, [rows, cols], { a, b, c });
  const params = { M, N, K, lda: a.stride, ldb: b.stride, ldc: c.stride, cut };
  r.call(made, { a, b, c }, params, [Math.ceil(N / cols), Math.ceil(M / rows), cuts], 2 * M * N * K);
}

/** Returns the kernel. Lines of A and B, and lines of C, whose lengths are multiples of 4 are moved by fours. */
function matmulShared(layout: Layout, add: boolean, tile: Tile, { a, b, c }: Matrices): Kernel {
  const w = width(a.cols, a.stride, b.cols, b.stride);
  const wC = width(c.cols, c.stride);
  const number = a.dtype === b.dtype ? a.dtype : "f32";
  const widths = `${w === 1 ? " W=1" : ""}${wC === 1 ? " C=1" : ""}`;
  const name = `matmul_shared ${layout} ${tile.join("x")}${add ? " add" : ""}${widths}`;
  const key = `${name} ${number}`;
  const text = texts.get(key) ?? textOf(layout, add, tile, { by4: w === 4, c4: wC === 4, number });
  texts.set(key, text);
  return kernel(name, text, {}, stored(w, { a, b }) + stored(wC, { c }), template);
}

const texts = new Map<string, string>();

/** Returns the rows of C that an invocation of a workgroup computes; it computes eight columns. */
const rowsEach = (rows: number) => rows < 64 ? 4 : 8;

function textOf(
  layout: Layout,
  add: boolean,
  [rows, cols]: Tile,
  types: { by4: boolean; c4: boolean; number: string },
): string {
  const high = rowsEach(rows);
  const [lanesA, lanesB] = [rows / high, cols / 8];
  const parts = partsOf(rows, cols, lanesA * lanesB);
  const rounds = Math.max(...parts.map(({ t }) => t)) + 1;
  const slab = (x: string, alongK: boolean, length: number, lanes: number) => {
    const quads = length / 4;
    return { x, X: x.toUpperCase(), alongK, quads, pairs: 2 * quads, lanes, fours: quads / lanes };
  };
  return unroll(template, {
    // Blocks of two rounds fetched ahead would take more registers than compilers give an invocation.
    names: {
      ...types,
      nn: layout === "nn",
      nt: layout === "nt",
      tn: layout === "tn",
      add,
      rows,
      cols,
      lanesA,
      lanesB,
      depth,
      ahead: rounds === 1,
    },
    indices: {
      x: [
        slab("a", layout !== "tn", rows, lanesA),
        slab("b", layout === "nt", cols, lanesB),
      ],
      i: range(high).map((i) => ({
        i,
        u: i >> 2,
        rowPart: "xyzw"[i & 3],
        offset: (i >> 2) * lanesA * 4 + (i & 3),
      })),
      u: over("u", range(high / 4)),
      v: range(2).map((v) => ({ v, offsetB: v * lanesB * 4 })),
      k: over("k", range(depth)),
      j: over("j", range(4)),
      e: over("e", range(4)),
      t: over("t", range(rounds)),
      part: parts,
    },
    macros: {},
  });
}

/** Blocks of a slab that some of the invocations move in round `t`, as the names of the template. */
interface Part {
  [name: string]: string | number;
  /** The round. */
  t: number;
}

/** Deals the 4 x 4 blocks of the slab of A, and behind them those of B, to the invocations, round by round. */
function partsOf(rows: number, cols: number, invocations: number): Part[] {
  const blocks = [{ X: "A", from: "rowFrom", count: rows }, { X: "B", from: "colFrom", count: cols }];
  const parts: Part[] = [];
  let start = 0; // of the matrix, in the row of all blocks
  for (const { X, from, count } of blocks) {
    const end = start + count;
    for (let t = Math.floor(start / invocations); t * invocations < end; t++) {
      const base = t * invocations;
      const conditions = [
        ...start > base ? [`n >= ${start - base}u`] : [],
        ...end < base + invocations ? [`n < ${end - base}u`] : [],
      ];
      const less = start > base ? ` - ${start - base}u` : start < base ? ` + ${base - start}u` : "";
      parts.push({ t, X, from, less, when: conditions.join(" && ") || "true" });
    }
    start = end;
  }
  return parts;
}

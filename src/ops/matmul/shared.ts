/**
 * The matrix product for GPUs (family `shared`): a workgroup of 16 x 16 invocations computes a block of C and shares
 * slabs of A and B in workgroup memory.
 *
 * A slab is 16 or 8 deep, so that every invocation moves one vec4 of A and one of B into it, and each number that was
 * moved is used 64 or 128 times. An invocation keeps 4 x 4 or 8 x 8 sums in registers. Lines of a slab that hold
 * neighbouring k are padded by one vec4: without that, lanes would wait for each other's memory bank. Edges are read as
 * zeros and not written. The text is unrolled because WGSL compilers guard loops.
 *
 * On a software adapter a barrier turns the workgroup into coroutines and makes this kernel slow; subgroup.ts is for those.
 *
 * @module
 */
import { type Kernel, kernel, stored, type Tensor, width } from "../../gpu/mod.ts";
import { over, range, unroll } from "../unroll.ts";
import type { Layout } from "./subgroup.ts";
import template from "./matmul_shared.wgsl" with { type: "text" };

/** Rows and columns of C that a workgroup computes. */
export type TileShape = 64 | 128;

/**
 * Returns the kernel for C = A B, or C += A B with `add`, for any M, N and K. Lines of A and B whose lengths are
 * multiples of 4 are moved by fours.
 */
export function matmulShared(
  layout: Layout,
  add: boolean,
  block: TileShape,
  matrices: { a: Tensor; b: Tensor; c: Tensor },
): Kernel {
  const { a, b, c } = matrices;
  const w = width(a.cols, a.stride, b.cols, b.stride);
  const name = `matmul_shared ${layout} ${block}x${block}${add ? " add" : ""}${w === 1 ? " W=1" : ""}`;
  const text = texts.get(name) ?? textOf(layout, add, block, w === 4);
  texts.set(name, text);
  return kernel(name, text, {}, stored(w, { a, b }) + stored(1, { c }));
}

const texts = new Map<string, string>();

function textOf(layout: Layout, add: boolean, block: TileShape, fours: boolean): string {
  const depth = block === 64 ? 16 : 8;
  const a = slab(layout !== "tn", block, depth, "row");
  const b = slab(layout === "nt", block, depth, "col");
  const [countA, lengthA] = layout === "tn" ? ["p.K", "p.M"] : ["p.M", "p.K"];
  const [countB, lengthB] = layout === "nt" ? ["p.N", "p.K"] : ["p.K", "p.N"];
  return unroll(template, {
    names: {
      nn: layout === "nn",
      nt: layout === "nt",
      tn: layout === "tn",
      add,
      fours,
      block,
      depth,
      ...Object.fromEntries(Object.entries(a).map(([key, value]) => [`${key}A`, value])),
      ...Object.fromEntries(Object.entries(b).map(([key, value]) => [`${key}B`, value])),
    },
    indices: {
      i: range(block / 16).map((i) => ({
        i,
        offset: (i >> 2) * 64 + (i & 3),
        quad: i >> 2,
        rowPart: "xyzw"[i & 3],
      })),
      q: over("q", range(block / 64)),
      s: over("s", range(depth / 4)),
      m: range(4).map((m) => ({ m, part: "xyzw"[m] })),
      x: [{ x: "a", count: countA, length: lengthA }, { x: "b", count: countB, length: lengthB }],
    },
    macros: {},
  });
}

/**
 * Returns the constants of a slab whose lines hold neighbouring k (`alongK`), else neighbouring rows or columns of C.
 *
 * `fours`: vec4s per line; `stride`: vec4s from one line to the next; `size`: vec4s in all; `line` and `from`: WGSL for
 * the first line of the matrix and the first number of it that the slab takes.
 */
function slab(alongK: boolean, block: TileShape, depth: number, start: "row" | "col") {
  const fours = (alongK ? depth : block) / 4;
  const stride = alongK ? fours + 1 : fours;
  const [line, from] = alongK ? [start, "k"] : ["k", start];
  return { fours, stride, size: stride * (alongK ? block : depth), line, from };
}

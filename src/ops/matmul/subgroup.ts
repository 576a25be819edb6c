/**
 * The matrix product for software adapters (family `subgroup`): a workgroup is one subgroup, without barriers.
 *
 * A tile is 32 or 64 rows, and eight columns per lane. One load fetches a row of A for each lane; `subgroupBroadcast` hands
 * each to all lanes. Every load of B then serves all rows. The textbook kernel with shared memory is ten times slower
 * here, because a software adapter turns barriers into coroutines. A subgroup has 4, 8 or 16 lanes, by the width of the
 * processor's registers; the sums of each element are the same.
 *
 * @module
 */
import { type DType, type Kernel, kernel } from "../../gpu/mod.ts";
import { type Macro, over, range, unroll } from "../unroll.ts";
import { load, store, vec8Array, vec8Functions, type Vec8Layout } from "../vec8.ts";
import template from "./matmul_subgroup.wgsl" with { type: "text" };

/** The product: A B (`nn`), A B^T (`nt`) or A^T B (`tn`). */
export type Layout = "nn" | "nt" | "tn";

/** The lines of a matrix in memory: by eights, or single numbers where a length is no multiple of 8. */
export type Lines = Vec8Layout | { single: DType };

/** The lines of the three matrices: all by eights, or all single numbers. */
interface Operands {
  /** Lines of A. */
  a: Lines;
  /** Lines of B. */
  b: Lines;
  /** Lines of C. */
  c: Lines;
}

/**
 * Returns the kernel for C = A B, or C += A B with `add`.
 *
 * By eights, N and K are multiples of 8, and M too for `tn`. A tile that passes the edge of C reads its last rows or
 * columns again and does not write them; single numbers behind the end of K count as zeros.
 *
 * @param rows rows of C that a workgroup computes, a multiple of 8 and of `lanes`
 * @param lanes lanes of a subgroup: 4, 8 or 16
 */
export function matmulSubgroup(
  layout: Layout,
  add: boolean,
  operands: Operands,
  rows: number,
  lanes: number,
): Kernel {
  const kinds = [operands.a, operands.b, operands.c].map((lines) =>
    typeof lines === "string" ? lines : `single ${lines.single}`
  );
  const label = new Set(kinds).size === 1 ? kinds[0] : kinds.join("-");
  const width = lanes === 8 ? "" : ` lanes=${lanes}`;
  const name = `matmul_subgroup ${layout} rows=${rows}${width}${add ? " add" : ""}${
    label === "u64" ? "" : ` ${label}`
  }`;
  const known = kernels.get(name);
  if (known) return known;
  const made = kernel(name, textOf(layout, add, operands, rows, lanes), {}, "", template);
  kernels.set(name, made);
  return made;
}

const kernels = new Map<string, Kernel>();

function textOf(layout: Layout, add: boolean, operands: Operands, rows: number, lanes: number): string {
  const { a, b, c } = operands;
  const group = Math.max(8, lanes);
  return unroll(template, {
    names: {
      group,
      nn: layout === "nn",
      nt: layout === "nt",
      tn: layout === "tn",
      add,
      rows,
      lanes,
      vec8: typeof c === "string",
      type: typeof c === "string" ? "" : c.single,
      functions: vec8Functions(...[a, b, c].filter((lines) => typeof lines === "string")),
    },
    indices: {
      q: range(rows / group).map((q) => ({ q, first: group * q })),
      i: range(group).map((i) => ({ i, load: Math.floor(i / lanes), lane: i % lanes })),
      s: range(group / lanes).map((s) => ({ s, part: lanes * s })),
      k: range(8).map((k) => ({ k, kHalf: half(k), kPart: part(k) })),
      n: range(8).map((n) => ({ n, nHalf: half(n), nPart: part(n) })),
      o: over("o", ["l", "h"]),
    },
    macros: macrosOf(operands, lanes),
  });
}

/** The half of the pair that holds element `n` of eight. */
const half = (n: number) => "lh"[n & 1];

/** The component of that half. */
const part = (n: number) => "xyzw"[(n & 7) >> 1];

function macrosOf(operands: Operands, lanes: number): Record<string, Macro> {
  const linesOf = (buffer: string) => operands[buffer as keyof Operands];
  return {
    array: (buffer) => {
      const lines = linesOf(buffer);
      return typeof lines === "string" ? vec8Array(lines) : `array<${lines.single}>`;
    },
    // Loads eight numbers, unit `unit` of line `line`. Those whose `k`, the k of element {e}, is not below K count as zeros.
    load: (name, buffer, line, unit, stride, k) => {
      const lines = linesOf(buffer);
      if (typeof lines === "string") return load(lines, name, buffer, `${line} * ${stride}8 + ${unit}`);
      const element = (e: number) =>
        `select(0.0, f32(${buffer}[${name}s + ${e}u]), ${k.replace("{e}", String(e))} < p.K)`;
      const elements = (first: number) => [0, 2, 4, 6].map((e) => element(first + e)).join(", ");
      return `let ${name}s = ${line} * p.${stride} + (${unit}) * 8u;
let ${name}l = vec4<f32>(${elements(0)});
let ${name}h = vec4<f32>(${elements(1)});`;
    },
    // A of row i of group q at k, for A^T B: the lanes hold the eight k of eight rows after one another.
    at: (q, i, k) => {
      const place = (Number(i) & ~7) + Number(k);
      const name = `a${q}_${Math.floor(place / lanes)}${half(Number(i))}.${part(Number(i))}`;
      return `subgroupBroadcast(${name}, ${place % lanes}u)`;
    },
    store: (buffer, place, l, h) => store(linesOf(buffer) as Vec8Layout, buffer, place, l, h),
  };
}

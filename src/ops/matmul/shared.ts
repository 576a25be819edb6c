/**
 * The matrix product for GPUs (family `shared`): a workgroup of 16 x 16 invocations computes a block of C and shares
 * slabs of A and B in workgroup memory.
 *
 * A slab is 16 or 8 deep, so that every invocation moves one vec4 of A and one of B into it, and each number that was
 * moved is used 64 or 128 times. An invocation keeps 4 x 4 or 8 x 8 sums in registers. Lines of a slab that hold
 * neighbouring k are one vec4 longer than they need be: without that, lanes would wait for each other's memory bank.
 * Edges are read as zeros and not written. The text is unrolled because loops in WGSL come with a guard.
 *
 * On a CPU adapter a barrier turns the workgroup into coroutines and this is slow: matmul/subgroup.ts is for those.
 *
 * @module
 */
import { type Kernel, kernel, stored, type Tensor, width } from "../../gpu/mod.ts";
import type { Layout } from "./subgroup.ts";
import { range } from "../vec8.ts";

/** Rows and columns of C that a workgroup computes. */
export type TileShape = 64 | 128;

const xyzw = "xyzw";

/** How an operand lies in memory: lines of neighbouring k, or lines of neighbouring rows or columns of C. */
type Along = "k" | "c";

/**
 * The kernel: any M, N and K. Where the lines of all three matrices are whole fours they are moved by fours.
 *
 * @param add add to C instead of replacing it
 */
export function matmulShared(
  layout: Layout,
  add: boolean,
  block: TileShape,
  matrices: { a: Tensor; b: Tensor; c: Tensor },
): Kernel {
  const alongA: Along = layout === "tn" ? "c" : "k";
  const alongB: Along = layout === "nt" ? "k" : "c";
  const depth = block === 64 ? 16 : 8;
  const { a, b, c } = matrices;
  const w = width(a.cols, b.cols);
  const source = `@group(0) @binding(0) var<storage, read> a: array<a_t>;
@group(0) @binding(1) var<storage, read> b: array<b_t>;
@group(0) @binding(2) var<storage, read_write> c: array<c_t>; // [M, N]
struct Params { M: u32, N: u32, K: u32 }
@group(0) @binding(3) var<uniform> p: Params;

var<workgroup> as_: array<vec4<f32>, ${slabSize(alongA, block, depth)}>;
var<workgroup> bs: array<vec4<f32>, ${slabSize(alongB, block, depth)}>;

${fetch("a", alongA === "k" ? ["p.M", "p.K"] : ["p.K", "p.M"], w)}
${fetch("b", alongB === "k" ? ["p.N", "p.K"] : ["p.K", "p.N"], w)}
fn put(row: u32, col: u32, sum: f32) {
  if (row < p.M && col < p.N) { c[row * p.N + col] = c_t(${add ? "f32(c[row * p.N + col]) + " : ""}sum); }
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>, @builtin(local_invocation_index) n: u32) {
let row = w.y * ${block}u;
let col = w.x * ${block}u;
${
    range(block / 16).map((i) => range(block / 64).map((j) => `var c${i}_${j} = vec4<f32>();`).join(" "))
      .join("\n")
  }
for (var k = 0u; k < p.K; k += ${depth}u) {
${move("a", "as_", "row", alongA, block, depth)}
${move("b", "bs", "col", alongB, block, depth)}
workgroupBarrier();
${range(depth / 4).map((k) => multiply(layout, block, k)).join("\n")}
workgroupBarrier();
}
${write(layout, block)}
}
`;
  const name = `matmul_shared ${layout} ${block}x${block}${add ? " add" : ""}${w === 1 ? " W=1" : ""}`;
  return kernel(name, source, {}, stored(w, { a, b }) + stored(1, { c }));
}

/** vec4s from one line of a slab to the next. */
function stride(along: Along, block: TileShape, depth: number): number {
  return along === "k" ? depth / 4 + 1 : block / 4;
}

function slabSize(along: Along, block: TileShape, depth: number): number {
  return stride(along, block, depth) * (along === "k" ? block : depth);
}

/** WGSL that reads four numbers of a line, zeros where there are none. */
function fetch(name: string, [count, length]: string[], w: 1 | 4): string {
  const start = `fn fetch_${name}(line: u32, at: u32) -> vec4<f32> {`;
  if (w === 4) {
    return `${start}
  if (line >= ${count} || at >= ${length}) { return vec4<f32>(); }
  return vec4<f32>(${name}[(line * ${length} + at) / 4u]);
}`;
  }
  return `${start}
  var four = vec4<f32>();
  if (line >= ${count}) { return four; }
  for (var i = 0u; i < min(4u, ${length} - min(at, ${length})); i += 1u) { four[i] = f32(${name}[line * ${length} + at + i]); }
  return four;
}`;
}

/** An invocation moves one vec4 of an operand into its slab. */
function move(
  name: string,
  slab: string,
  start: string,
  along: Along,
  block: TileShape,
  depth: number,
): string {
  const fours = along === "k" ? depth / 4 : block / 4;
  const line = `n / ${fours}u`;
  const at = `n % ${fours}u`;
  const [first, from] = along === "k" ? [start, "k"] : ["k", start];
  return `${slab}[${line} * ${stride(along, block, depth)}u + ${at}] = ` +
    `fetch_${name}(${first} + ${line}, ${from} + ${at} * 4u);`;
}

/** Rows of C that an invocation owns: four neighbours in each 64. */
const rowOf = (i: number) => `l.y * 4u + ${(i >> 2) * 64 + (i & 3)}u`;

/** Four steps of k: sums of an invocation += its rows of A times its columns of B. */
function multiply(layout: Layout, block: TileShape, k: number): string {
  const rows = range(block / 16);
  const quads = range(block / 64);
  const four = range(4);
  const depth = block === 64 ? 16 : 8;
  const lineK = depth / 4 + 1;
  const lineC = block / 4;
  const out: string[] = [];
  if (layout === "tn") {
    for (const n of four) {
      for (const q of quads) out.push(`let a${k}_${n}_${q} = as_[${(4 * k + n) * lineC + q * 16}u + l.y];`);
    }
  } else for (const i of rows) out.push(`let a${k}_${i} = as_[(${rowOf(i)}) * ${lineK}u + ${k}u];`);

  if (layout === "nt") { // columns 16 apart, so that neighbouring lanes read neighbouring lines
    for (const j of rows) out.push(`let b${k}_${j} = bs[(l.x + ${16 * j}u) * ${lineK}u + ${k}u];`);
    for (const i of rows) {
      for (const q of quads) {
        const products = four.map((n) => `dot(a${k}_${i}, b${k}_${4 * q + n})`);
        out.push(`c${i}_${q} += vec4<f32>(${products.join(", ")});`);
      }
    }
    return out.join("\n");
  }
  for (const n of four) {
    for (const q of quads) out.push(`let b${k}_${n}_${q} = bs[${(4 * k + n) * lineC + q * 16}u + l.x];`);
  }
  for (const i of rows) {
    for (const q of quads) {
      const products = four.map((n) => {
        const x = layout === "tn" ? `a${k}_${n}_${i >> 2}.${xyzw[i & 3]}` : `a${k}_${i}.${xyzw[n]}`;
        return `${x} * b${k}_${n}_${q}`;
      });
      out.push(`c${i}_${q} += ${products.join(" + ")};`);
    }
  }
  return out.join("\n");
}

/** The columns of a sum: four neighbours in each 64, or for `nt` 16 apart. */
function write(layout: Layout, block: TileShape): string {
  const column = (q: number, n: number) =>
    layout === "nt" ? `l.x + ${(4 * q + n) * 16}u` : `l.x * 4u + ${64 * q + n}u`;
  return range(block / 16).map((i) =>
    range(block / 64).map((q) =>
      range(4).map((n) => `put(row + ${rowOf(i)}, col + ${column(q, n)}, c${i}_${q}.${xyzw[n]});`).join(" ")
    ).join("\n")
  ).join("\n");
}

/**
 * The matrix product for CPU adapters (family `sg`): a workgroup is one subgroup of 8 lanes, the text is unrolled,
 * there are no barriers.
 *
 * A tile is 32 or 64 rows by 8 lanes, an octet of columns a lane. One load fetches eight rows of A, one a lane;
 * `subgroupBroadcast` hands each to all lanes. Every load of B then serves all rows. The textbook kernel with shared
 * memory is ten times slower here, because a software adapter turns barriers into coroutines.
 *
 * @module
 */
import { type Kernel, kernel } from "../gpu/mod.ts";
import { load, octetFunctions, octets, range, store } from "./octet.ts";

/** A B (`nn`), A B^T (`nt`) or A^T B (`tn`). */
export type Layout = "nn" | "nt" | "tn";

const xyzw = "xyzw";

/**
 * The kernel. N and K are multiples of 8, for `tn` M too; a tile that passes the edge of C reads its last rows or
 * columns again and does not write them. With `add` it adds to C.
 *
 * @param rows rows of C that a workgroup computes, a multiple of 8
 */
export function matmulSg(layout: Layout, add: boolean, wide: boolean, rows: number): Kernel {
  const array = octets(wide);
  const source = `${octetFunctions(wide)}@group(0) @binding(0) var<storage, read> a: ${array};
@group(0) @binding(1) var<storage, read> b: ${array};
@group(0) @binding(2) var<storage, read_write> c: ${array};
struct Params { M: u32, N8: u32, K: u32 } // N8: octets in a row of C
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) w: vec3<u32>, @builtin(subgroup_invocation_id) sid: u32) {
let row = w.y * ${rows}u;
let place = w.x * 8u + lane; // in octets
let col = min(place, p.N8 - 1u);
${range(rows).map((i) => `var c${i}l = vec4<f32>(); var c${i}h = vec4<f32>();`).join("\n")}
${layout === "tn" ? transposed(wide, rows) : straight(layout, wide, rows)}
if (place < p.N8) {
${range(rows).map((i) => finish(i, add, wide)).join("\n")}
}
}
`;
  return kernel(`matmul_sg ${layout} rows=${rows}${add ? " add" : ""}${wide ? "" : " f32"}`, source);
}

/** A B and A B^T: a lane holds an octet of k of its row; even k first, then odd k. */
function straight(layout: "nn" | "nt", wide: boolean, rows: number): string {
  const out: string[] = ["let K8 = p.K / 8u;"];
  const groups = range(rows / 8);
  for (const q of groups) out.push(`let ar${q} = min(row + ${q * 8}u + sid, p.M - 1u) * K8;`);
  if (layout === "nt") { for (const n of range(8)) out.push(`let br${n} = (col * 8u + ${n}u) * K8;`); }
  out.push("for (var k = 0u; k < K8; k += 1u) {");
  for (const q of groups) out.push(load(wide, `a${q}`, "a", `ar${q} + k`));
  if (layout === "nn") {
    for (const k of range(8)) out.push(load(wide, `b${k}`, "b", `(k * 8u + ${k}u) * p.N8 + col`));
  } else out.push(...transposeB(wide));
  for (const i of range(rows)) {
    for (const half of [0, 1]) {
      const x = `x${i}_${half}`;
      out.push(`let ${x} = subgroupBroadcast(a${i >> 3}${"lh"[half]}, ${i & 7}u);`);
      for (const o of "lh") {
        out.push(
          `c${i}${o} += ${range(4).map((n) => `${x}.${xyzw[n]} * b${2 * n + half}${o}`).join(" + ")};`,
        );
      }
    }
  }
  out.push("}");
  return out.join("\n");
}

/** Eight rows of B^T, an octet of k each, become for each k its eight columns. */
function transposeB(wide: boolean): string[] {
  const out = range(8).map((n) => load(wide, `t${n}`, "b", `br${n} + k`));
  for (const k of range(8)) {
    for (const [j, o] of [...("lh")].entries()) {
      const columns = range(4).map((n) => `t${2 * n + j}${"lh"[k & 1]}.${xyzw[k >> 1]}`);
      out.push(`let b${k}${o} = vec4<f32>(${columns.join(", ")});`);
    }
  }
  return out;
}

/** A^T B: a lane holds octets of the tile's rows for its own k; eight k in one sum. */
function transposed(wide: boolean, rows: number): string {
  const out: string[] = ["let M8 = p.M / 8u;"];
  for (const q of range(rows / 8)) out.push(`let r${q} = min(row / 8u + ${q}u, M8 - 1u);`);
  out.push("for (var k = 0u; k < p.K; k += 8u) {");
  for (const q of range(rows / 8)) out.push(load(wide, `a${q}`, "a", `(k + sid) * M8 + r${q}`));
  for (const k of range(8)) out.push(load(wide, `b${k}`, "b", `(k + ${k}u) * p.N8 + col`));
  for (const i of range(rows)) {
    const from = `a${i >> 3}${"lh"[i & 1]}.${xyzw[(i & 7) >> 1]}`;
    for (const k of range(8)) out.push(`let x${i}_${k} = subgroupBroadcast(${from}, ${k}u);`);
    for (const o of "lh") {
      for (const half of [0, 4]) {
        out.push(`c${i}${o} += ${range(4).map((k) => `x${i}_${k + half} * b${k + half}${o}`).join(" + ")};`);
      }
    }
  }
  out.push("}");
  return out.join("\n");
}

function finish(i: number, add: boolean, wide: boolean): string {
  const at = `(row + ${i}u) * p.N8 + col`;
  const inside = `if (row + ${i}u < p.M)`;
  if (!add) return `${inside} { ${store(wide, "c", at, `c${i}l`, `c${i}h`)} }`;
  return `${inside} { ${load(wide, "e", "c", at)} ${store(wide, "c", at, `c${i}l + el`, `c${i}h + eh`)} }`;
}

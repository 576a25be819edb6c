/**
 * The matrix product for CPU adapters (family `subgroup`): a workgroup is one subgroup of 8 lanes, the text is unrolled,
 * there are no barriers.
 *
 * A tile is 32 or 64 rows by 8 lanes, an octet of columns a lane. One load fetches eight rows of A, one a lane;
 * `subgroupBroadcast` hands each to all lanes. Every load of B then serves all rows. The textbook kernel with shared
 * memory is ten times slower here, because a software adapter turns barriers into coroutines.
 *
 * @module
 */
import { type DType, type Kernel, kernel } from "../../gpu/mod.ts";
import { load, range, store, vec8Array, vec8Functions, type Vec8Layout } from "../vec8.ts";

/** A B (`nn`), A B^T (`nt`) or A^T B (`tn`). */
export type Layout = "nn" | "nt" | "tn";

/** How the lines of a matrix lie in memory: whole octets, or single numbers where a length is no multiple of 8. */
export type Lines = Vec8Layout | { single: DType };

/** How the three matrices lie in memory: octets all, or single numbers all. */
export interface Operands {
  /** Lines of A. */
  a: Lines;
  /** Lines of B. */
  b: Lines;
  /** Lines of C. */
  c: Lines;
}

const xyzw = "xyzw";
const even = [0, 2, 4, 6];
const odd = [1, 3, 5, 7];

/**
 * The kernel. Of octets, N and K are multiples of 8, for `tn` M too. A tile that passes the edge of C reads its last rows
 * or columns again and does not write them; single numbers behind the end of K count as zeros. With `add` it adds to C.
 *
 * @param rows rows of C that a workgroup computes, a multiple of 8
 */
export function matmulSubgroup(layout: Layout, add: boolean, operands: Operands, rows: number): Kernel {
  const { a, b, c } = operands;
  const all = [a, b, c];
  const source = `${vec8Functions(...all.filter((lines) => typeof lines === "string"))}${
    all.map((lines, i) =>
      `@group(0) @binding(${i}) var<storage, ${i < 2 ? "read" : "read_write"}> ${"abc"[i]}: ${
        array(lines)
      };\n`
    ).join("")
  }struct Params { M: u32, N: u32, K: u32 }
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) w: vec3<u32>, @builtin(subgroup_invocation_id) sid: u32) {
let M8 = (p.M + 7u) / 8u; // octets in a line
let N8 = (p.N + 7u) / 8u;
let K8 = (p.K + 7u) / 8u;
let row = w.y * ${rows}u;
let place = w.x * 8u + lane;
let col = min(place, N8 - 1u);
${range(rows).map((i) => `var c${i}l = vec4<f32>(); var c${i}h = vec4<f32>();`).join("\n")}
${layout === "tn" ? transposed(operands, rows) : straight(layout, operands, rows)}
if (place < N8) {
${range(rows).map((i) => `if (row + ${i}u < p.M) { ${finish(c, i, add)} }`).join("\n")}
}
}
`;
  const kind = [a, b, c].map((lines) => typeof lines === "string" ? lines : `single ${lines.single}`);
  const form = new Set(kind).size === 1 ? kind[0] : kind.join("-");
  return kernel(
    `matmul_subgroup ${layout} rows=${rows}${add ? " add" : ""}${form === "u64" ? "" : ` ${form}`}`,
    source,
  );
}

function array(lines: Lines): string {
  return typeof lines === "string" ? vec8Array(lines) : `array<${lines.single}>`;
}

/** Where along K an octet stands: its eight numbers are k, k + 1 ..., or all of them are of one k. */
type Along = { from: string } | { at: string };

/** Loads octet `at` of a line of `length` numbers into the pair `name`. */
function fetch(
  lines: Lines,
  name: string,
  buffer: string,
  line: string,
  at: string,
  length: string,
  k: Along,
): string {
  if (typeof lines === "string") return load(lines, name, buffer, `${line} * ${length}8 + ${at}`);
  const start = `let ${name}s = ${line} * p.${length} + (${at}) * 8u; `;
  const element = (e: number) => {
    const inside = "at" in k ? `${k.at} < p.K` : `${k.from} + ${e}u < p.K`;
    return `select(0.0, f32(${buffer}[${name}s + ${e}u]), ${inside})`;
  };
  const pair = (elements: readonly number[]) => `vec4<f32>(${elements.map(element).join(", ")})`;
  return `${start}let ${name}l = ${pair(even)}; let ${name}h = ${pair(odd)};`;
}

/** A B and A B^T: a lane holds an octet of k of its row; even k first, then odd k. */
function straight(layout: "nn" | "nt", { a, b }: Operands, rows: number): string {
  const out: string[] = [];
  const groups = range(rows / 8);
  const along = { from: "k * 8u" };
  for (const q of groups) out.push(`let ar${q} = min(row + ${q * 8}u + sid, p.M - 1u);`);
  if (layout === "nt") {
    for (const n of range(8)) {
      out.push(`let br${n} = min(col * 8u + ${n}u, p.N - 1u);`);
    }
  }
  out.push("for (var k = 0u; k < K8; k += 1u) {");
  for (const q of groups) out.push(fetch(a, `a${q}`, "a", `ar${q}`, "k", "K", along));
  if (layout === "nn") {
    for (const k of range(8)) {
      out.push(fetch(b, `b${k}`, "b", `(k * 8u + ${k}u)`, "col", "N", { at: `k * 8u + ${k}u` }));
    }
  } else {
    for (const n of range(8)) out.push(fetch(b, `t${n}`, "b", `br${n}`, "k", "K", along));
    out.push(...transposeB());
  }
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
function transposeB(): string[] {
  const out: string[] = [];
  for (const k of range(8)) {
    for (const [j, o] of [...("lh")].entries()) {
      const columns = range(4).map((n) => `t${2 * n + j}${"lh"[k & 1]}.${xyzw[k >> 1]}`);
      out.push(`let b${k}${o} = vec4<f32>(${columns.join(", ")});`);
    }
  }
  return out;
}

/** A^T B: a lane holds octets of the tile's rows for its own k; eight k in one sum. */
function transposed({ a, b }: Operands, rows: number): string {
  const out: string[] = [];
  for (const q of range(rows / 8)) out.push(`let r${q} = min(row / 8u + ${q}u, M8 - 1u);`);
  out.push("for (var k = 0u; k < p.K; k += 8u) {");
  for (const q of range(rows / 8)) {
    out.push(fetch(a, `a${q}`, "a", "(k + sid)", `r${q}`, "M", { at: "k + sid" }));
  }
  for (const k of range(8)) out.push(fetch(b, `b${k}`, "b", `(k + ${k}u)`, "col", "N", { at: `k + ${k}u` }));
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

/** Writes row i of the tile. */
function finish(lines: Lines, i: number, add: boolean): string {
  if (typeof lines === "string") {
    const at = `(row + ${i}u) * N8 + col`;
    if (!add) return store(lines, "c", at, `c${i}l`, `c${i}h`);
    return `${load(lines, "e", "c", at)} ${store(lines, "c", at, `c${i}l + el`, `c${i}h + eh`)}`;
  }
  const start = `let s = (row + ${i}u) * p.N + col * 8u; `;
  return start + range(8).map((e) => {
    const value = `${lines.single}(${add ? `f32(c[s + ${e}u]) + ` : ""}c${i}${"lh"[e & 1]}.${xyzw[e >> 1]})`;
    return `if (col * 8u + ${e}u < p.N) { c[s + ${e}u] = ${value}; }`;
  }).join(" ");
}

/**
 * Attention for GPUs (family `shared`): the three kernels by blocks, as FlashAttention-2 computes them.
 *
 * A workgroup of 128 lanes owns a tile of rows, and walks the rows of the other side a block at a time: 64 rows of one
 * side and 32 of the other. Its queries are those of all query heads of a key head, which so share the loads of keys and
 * values. Only blocks between the first and the last row that a span of the tile touches are walked. The scores of tile and block, 4 x 4 for each lane, are a product as in matmul_shared.wgsl
 * (blocks_dots.wgsl); their weights go through workgroup memory to the lanes that sum weighted rows (blocks_sums.wgsl).
 * Lines of the slab are padded where lanes would wait for each other's memory bank. The constants keep every kernel below
 * 16 KiB of workgroup memory, and its registers so few that several workgroups share a processor.
 *
 * @module
 */
import { kernel, stored } from "../../../gpu/mod.ts";
import type {
  AttentionKernels,
  AttentionPass,
  AttentionShape,
  AttentionTensors,
} from "./attention_kernels.ts";
import { over, range, unroll } from "../../unroll.ts";
import dots from "./blocks_dots.wgsl" with { type: "text" };
import sums from "./blocks_sums.wgsl" with { type: "text" };
import forward from "./blocks.wgsl" with { type: "text" };
import gradQ from "./blocks_grad_q.wgsl" with { type: "text" };
import gradKV from "./blocks_grad_kv.wgsl" with { type: "text" };

const lanes = 128;

const sources: Readonly<Record<AttentionPass, readonly [name: string, template: string]>> = {
  forward: ["attention", forward],
  gradQ: ["attention_grad_q", gradQ],
  gradKV: ["attention_grad_kv", gradKV],
};

/** Returns the kernels for heads whose size is a multiple of 4 up to 128, for any lengths. */
export function blockKernels(
  { batch, queries, heads, kvHeads, headDim }: AttentionShape,
  keys: number,
  tensors: AttentionTensors,
): AttentionKernels {
  return {
    unit: 4,
    args: {},
    kernel: (pass) => {
      const [name, template] = sources[pass];
      const text = textOf(template, ownRows(pass, headDim), headDim / 4);
      return kernel(`${name} blocks E=${headDim}`, text, {}, stored(4, tensors), template);
    },
    grid: (pass) => {
      const rows = pass === "gradKV" ? keys : queries * heads / kvHeads;
      return [Math.ceil(rows / ownRows(pass, headDim)), batch * kvHeads];
    },
  };
}

/** Returns the rows that a workgroup owns: fewer where 64 would take too many registers for their sums. */
function ownRows(pass: AttentionPass, headDim: number): 32 | 64 {
  const most = { forward: 128, gradQ: 64, gradKV: 64 }[pass];
  return headDim > most ? 32 : 64;
}

const texts = new Map<string, string>();

function textOf(template: string, own: number, N: number): string {
  const key = `${own} ${N} ${template}`;
  const known = texts.get(key);
  if (known) return known;
  const down = own / 4; // lanes down the tile, each with four rows of it
  const across = lanes / down; // and across a block
  const walk = 4 * across;
  const count = Math.ceil(N / across); // vec4s of a row that a lane sums
  const rest = N % across;
  const ownPlace = across === 8 ? { ownLine: 0, ownAt: "tx" } : { ownLine: "tx / 8u", ownAt: "tx % 8u" };
  const names = { lanes, own, walk, N, down, across, ...ownPlace };
  const quads = range(4);
  const indices = {
    i: quads.map((i) => ({ i, ofRow: down * i, part: "xyzw"[i] })),
    j: quads.map((j) => ({
      j,
      ofKey: across * j,
      keyPart: "xyzw"[j],
      blockOf: across === 8 ? j : `${2 * j}u + tx / 8u`,
      keyOf: across === 8 ? "tx" : "tx % 8u",
    })),
    n: range(count).map((n) => ({ n, ofColumn: across * n })),
    h: range(across).map((h) => ({ line: h >> 3, at: h & 7 })),
    f: range(own / 32).map((f) => ({ f, offset: 32 * f })),
    g: range(walk / 32).map((g) => ({ g, shift: 32 * g })),
  };
  const text = unroll(template, {
    names,
    indices,
    macros: {
      declare: () => declarations(walk, down),
      range: () => bounds,
      dots: (sum, ownFetch, walkFetch) => dotsOf(sum, ownFetch, walkFetch, own, N),
      sums: (sum, fetch) => sumsOf(sum, fetch, own, N),
      store: (n, text) => rest && Number(n) === count - 1 ? `if (tx < ${rest}u) { ${text} }` : text,
    },
  });
  texts.set(key, text);
  return text;
}

/** Returns the workgroup memory: the slab, the weights of a block by its rows, the first and last row of the other side. */
function declarations(walk: number, down: number): string {
  return `struct Line { wide: array<array<vec4<f32>, 16>, 4>, narrow: array<array<vec4<f32>, 8>, 4>, pad: vec4<f32> }
var<workgroup> slab: array<Line, 4>;
var<workgroup> weights: array<array<array<vec4<f32>, ${down + 1}>, 8>, ${walk / 8}>;
var<workgroup> limits: array<atomic<u32>, 2>;
var<workgroup> bounds: vec2<u32>;
// The first row that a span holds, and the row behind its last; an empty span holds none.
fn firstOf(span: vec2<u32>) -> u32 { return select(0xffffffffu, span.x, span.x <= span.y); }
fn endOf(span: vec2<u32>) -> u32 { return select(0u, span.y + 1u, span.x <= span.y); }
// Adds rows first .. end - 1 of the other side to those that are walked.
fn reach(first: u32, end: u32) {
  atomicMax(&limits[0], ~first);
  atomicMax(&limits[1], end);
}
fn isSeen(first: vec4<u32>, last: vec4<u32>, key: vec4<u32>) -> vec4<bool> { return (key >= first) & (key <= last); }`;
}

/** The loop over blocks holds barriers, so that all lanes have to agree on its bounds. */
const bounds = `workgroupBarrier();
if (lane == 0u) { bounds = vec2<u32>(~atomicLoad(&limits[0]), atomicLoad(&limits[1])); }
let walked = workgroupUniformLoad(&bounds);`;

/** Expands blocks_dots.wgsl; the fetches are WGSL for vec4 `at` of row `{f}` or `{g}`. */
function dotsOf(sum: string, ownFetch: string, walkFetch: string, own: number, N: number): string {
  const down = own / 4;
  const across = lanes / down;
  const side = (rows: number) => rows === 64 ? "wide" : "narrow";
  const parts = range(4).map((c) => ({ c: "xyzw"[c] }));
  return unroll(dots, {
    names: {
      sum,
      own,
      walk: 4 * across,
      N,
      down,
      across,
      ownSide: side(own),
      walkSide: side(4 * across),
      ownLanes: 4 * down,
      walkLanes: 4 * across,
    },
    indices: {
      f: range(own / 32).map((f) => ({
        f,
        ownLine: 32 / down * f,
        ownFetch: ownFetch.replaceAll("{f}", `${f}`),
      })),
      g: range(across / 8).map((g) => ({
        g,
        walkLine: 32 / across * g,
        walkFetch: walkFetch.replaceAll("{g}", `${g}`),
      })),
      i: over("i", range(4)),
      j: range(4).map((j) => ({ j, part: "xyzw"[j] })),
      s: over("s", range(4)),
      c: parts,
    },
    macros: {
      inHead: (fetch) => N % 4 === 0 ? fetch : `select(vec4<f32>(), ${fetch}, at + lane % 4u < ${N}u)`,
    },
  });
}

/** Expands blocks_sums.wgsl; `fetch` is WGSL for vec4 `{column}` of row `{row}` of the block. */
function sumsOf(sum: string, fetch: string, own: number, N: number): string {
  const down = own / 4;
  const across = lanes / down;
  const count = Math.ceil(N / across);
  const depth = Math.min(4 * across, 2 ** Math.floor(Math.log2(256 / (count * across))));
  const units = depth * count * across;
  const n = (f: number) => `(ty + ${down * f}u)`; // the run of `across` vec4s that a lane fetches
  const column = (f: number) => {
    const plain = count === 1 ? "tx" : `${n(f)} % ${count}u * ${across}u + tx`;
    return N % across ? `min(${plain}, ${N - 1}u)` : plain;
  };
  return unroll(sums, {
    names: { sum, walk: 4 * across, depth, across },
    indices: {
      f: range(Math.ceil(units / lanes)).map((f) => ({
        f,
        line: 2 * f,
        fetch: fetch.replaceAll("{row}", `first + ${n(f)} / ${count}u`).replaceAll("{column}", column(f)),
      })),
      k: over("k", range(8)),
      i: range(4).map((i) => ({ i, part: "xyzw"[i] })),
      n: over("n", range(count)),
    },
    macros: {
      guarded: (f, text) => {
        const left = units - lanes * Number(f);
        return left < lanes ? `if (lane < ${left}u) { ${text} }` : text;
      },
      rowAt: (k, n) => {
        const at = (Number(k) * count + Number(n)) * across;
        return `slab[row / 8u * ${count * across / 8}u + ${at >> 6}u].wide[${at >> 4 & 3}][${
          at & 15 ? `${at & 15}u + ` : ""
        }tx]`;
      },
    },
  });
}

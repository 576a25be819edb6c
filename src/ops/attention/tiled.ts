/**
 * Causal attention by tiles: the three fast kernels, whose text is unrolled over the head.
 *
 * A lane owns rows, queries or keys, in registers. Eight rows of the other side at a time are brought in by all lanes
 * of the workgroup together and then seen by each. How they are brought and seen is what adapters differ in: the
 * {@linkcode Tile} of attention/subgroup_tile.ts broadcasts within a subgroup, that of attention/shared_tile.ts goes through workgroup
 * memory. The mathematics, bindings and parameters are those of attention.wgsl and its two gradients: read them first.
 *
 * @module
 */
import { type Kernel, kernel } from "../../gpu/mod.ts";
import { range } from "../vec8.ts";

/** Eight rows of a buffer, to be brought in: heads of `at(row)` units, or pairs such as spans. */
export interface Side {
  /** Name of the registers: `k` becomes `k0`, `k1` and so on, or `k` alone for a pair. */
  name: string;
  /** Binding. */
  buffer: string;
  /** WGSL for the place of a row. */
  at: (row: string) => string;
  /** True for one vec2 a row instead of a head. */
  pair?: boolean;
}

/** How a workgroup holds, moves and shares rows. */
export interface Tile {
  /** For the kernel's name. */
  name: string;
  /** Invocations of a workgroup. */
  lanes: number;
  /** Rows that a lane owns. */
  rows: number;
  /** Numbers in a unit of memory. */
  unit: number;
  /** WGSL type of a buffer of units. */
  array(buffer: string): string;
  /** Names of the vec4 registers of a head. */
  parts: string[];
  /** WGSL of further inputs of main. */
  builtins: string;
  /** WGSL in front of main: functions, and memory for the heads of these names. */
  declare(heads: string[]): string;
  /** Loads the head at a unit. */
  load(name: string, buffer: string, at: string): string;
  /** Stores a head at a unit. */
  store(buffer: string, at: string, value: (part: string) => string): string;
  /** Declares `start` and `to`, the first and last key that any of these spans holds, the same for all lanes. */
  bounds(spans: string[]): string;
  /** Brings rows j .. j + 7 of `count` in. */
  bring(sides: Side[], count: string): string;
  /** Makes row j + e of what was brought visible, with `_e` behind its names. */
  see(side: Side, e: number, count: string): string;
  /** A row that may lie behind the last of `count`, made harmless to read. */
  clamp(row: string, count: string): string;
  /** WGSL of a condition, true for a row that exists. */
  exists(row: string, count: string): string;
}

const eight = range(8);
const lines = <T>(items: readonly T[], text: (item: T) => string) => items.map(text).join("\n");
const sum = (term: (e: number) => string) => eight.map(term).join(" + ");

/** Names of a lane's own rows, and dot products over a head. */
function names(tile: Tile) {
  return {
    own: range(tile.rows),
    dots: (a: (part: string) => string, b: (part: string) => string) =>
      tile.parts.map((i) => `dot(${a(i)}, ${b(i)})`).join(" + "),
  };
}

/** Declares the rows of a lane among `count`, in `first`'s sequence: `mine0` counts from its start, `row0` from 0. */
function ownRows(tile: Tile, count: string): string {
  return lines(
    range(tile.rows),
    (n) =>
      `let mine${n} = w.x * ${tile.lanes * tile.rows}u + ${tile.lanes * n}u + lane; ` +
      `let row${n} = sequence * ${count} + ${tile.clamp(`mine${n}`, count)};`,
  );
}

/** A query tile: w.x counts tiles, w.y sequences times heads. Every key that one of its rows sees is visited. */
function queryTile(tile: Tile): string {
  const { own } = names(tile);
  return `let head = w.y % p.heads;
let sequence = w.y / p.heads;
${ownRows(tile, "p.queries")}
${lines(own, (n) => `let span${n} = spans[row${n}]; let at${n} = row${n} * p.heads + head;`)}
${tile.bounds(own.map((n) => `span${n}`))}`;
}

/** Keys and values of the query's key head. */
function keySides(units: number): [Side, Side] {
  const at = (column: string) => (row: string) =>
    `(sequence * p.keys + ${row}) * p.kvStride + head / p.group * ${units}u + p.${column}`;
  return [{ name: "k", buffer: "kv", at: at("k") }, { name: "v", buffer: "kv", at: at("v") }];
}

/** o and the log-sum-exp. */
export function attentionForward(tile: Tile, headDim: number): Kernel {
  const { own, dots } = names(tile);
  const { parts } = tile;
  const N = headDim / tile.unit;
  const [k, v] = keySides(N);
  const body = `${queryTile(tile)}
${
    lines(own, (n) =>
      tile.load(`u${n}_`, "q", `row${n} * p.qStride + head * ${N}u`) +
      parts.map((i) => `let q${n}_${i} = u${n}_${i} * p.scale; var o${n}_${i} = vec4<f32>();`).join("") +
      `var most${n} = -1e30; var weight${n} = 0.0;`)
  }
for (var j = start; j <= to; j += 8u) {
${tile.bring([k, v], "p.keys")}
${
    lines(eight, (e) =>
      tile.see(k, e, "p.keys") +
      own.map((n) =>
        `let s${n}_${e} = select(-1e30, ${dots((i) => `q${n}_${i}`, (i) => `k${i}_${e}`)}, ${seen(n, e)});`
      ).join(" "))
  }
${
    lines(own, (n) =>
      `let above${n} = ${
        eight.map((e) => `s${n}_${e}`).reduce((a, b) =>
          `max(${a}, ${b})`, `most${n}`)
      };
let keep${n} = exp(most${n} - above${n});
most${n} = above${n};
${eight.map((e) => `let e${n}_${e} = exp(s${n}_${e} - above${n});`).join(" ")}
weight${n} = weight${n} * keep${n} + ${sum((e) => `e${n}_${e}`)};`)
  }
${lines(eight, (e) => tile.see(v, e, "p.keys"))}
${
    lines(parts, (i) =>
      own.map((n) =>
        `o${n}_${i} = o${n}_${i} * keep${n} + ${sum((e) => `e${n}_${e} * v${i}_${e}`)};`
      ).join(" "))
  }
}
${
    lines(own, (n) =>
      `if (${tile.exists(`mine${n}`, "p.queries")}) {
let seen${n} = most${n} > -1e30; // a row that sees no key gives 0 and takes no gradient
let z${n} = select(0.0, 1.0 / weight${n}, seen${n});
${tile.store("o", `at${n} * ${N}u`, (i) => `o${n}_${i} * z${n}`)}
stats[at${n}] = vec2<f32>(select(1e30, most${n} + log(weight${n}), seen${n}), 0.0);
}`)
  }`;
  const outputs: Binding[] = [{ name: "o", type: "units", writes: true }, { ...stats, writes: true }];
  return text("attention", tile, headDim, [...inputs, ...outputs], ["k", "v"], body);
}

/** dq and D = sum(do o). */
export function attentionGradQ(tile: Tile, headDim: number): Kernel {
  const { own, dots } = names(tile);
  const { parts } = tile;
  const N = headDim / tile.unit;
  const [k, v] = keySides(N);
  const body = `${queryTile(tile)}
${
    lines(own, (n) =>
      tile.load(`u${n}_`, "q", `row${n} * p.qStride + head * ${N}u`) +
      tile.load(`g${n}_`, "dout", `at${n} * ${N}u`) + tile.load(`y${n}_`, "o", `at${n} * ${N}u`) +
      parts.map((i) => `let q${n}_${i} = u${n}_${i} * p.scale; var a${n}_${i} = vec4<f32>();`).join("") +
      `let L${n} = stats[at${n}].x; let d${n} = ${dots((i) => `g${n}_${i}`, (i) => `y${n}_${i}`)};
if (${tile.exists(`mine${n}`, "p.queries")}) { stats[at${n}].y = d${n}; }`)
  }
for (var j = start; j <= to; j += 8u) {
${tile.bring([k, v], "p.keys")}
${
    lines(eight, (e) =>
      tile.see(k, e, "p.keys") + tile.see(v, e, "p.keys") +
      own.map((n) =>
        `let s${n}_${e} = select(0.0, exp(${dots((i) => `q${n}_${i}`, (i) => `k${i}_${e}`)} - L${n}), ` +
        `${seen(n, e)}) * (${dots((i) => `g${n}_${i}`, (i) => `v${i}_${e}`)} - d${n}) * p.scale;`
      ).join(" "))
  }
${lines(parts, (i) => own.map((n) => `a${n}_${i} += ${sum((e) => `s${n}_${e} * k${i}_${e}`)};`).join(" "))}
}
${
    lines(own, (n) =>
      `if (${tile.exists(`mine${n}`, "p.queries")}) {
${tile.store("dq", `row${n} * p.qStride + head * ${N}u`, (i) => `a${n}_${i}`)}
}`)
  }`;
  const rest: Binding[] = [{ name: "o", type: "units" }, { name: "dout", type: "units" }, {
    ...stats,
    writes: true,
  }, { name: "dq", type: "units", writes: true }];
  return text("attention_grad_q", tile, headDim, [...inputs, ...rest], ["k", "v"], body);
}

/** dk and dv: a lane owns keys of one key head, and sees the queries of all heads of its group. */
export function attentionGradKV(tile: Tile, headDim: number): Kernel {
  const { own, dots } = names(tile);
  const { parts } = tile;
  const N = headDim / tile.unit;
  const query = (row: string) => `(sequence * p.queries + ${row})`;
  const q: Side = { name: "q", buffer: "q", at: (row) => `${query(row)} * p.qStride + head * ${N}u` };
  const g: Side = { name: "g", buffer: "dout", at: (row) => `(${query(row)} * p.heads + head) * ${N}u` };
  const span: Side = { name: "span", buffer: "spans", at: query, pair: true };
  const stat: Side = {
    name: "stat",
    buffer: "stats",
    at: (row) => `${query(row)} * p.heads + head`,
    pair: true,
  };
  const body = `let kvHeads = p.heads / p.group;
let kvHead = w.y % kvHeads;
let sequence = w.y / kvHeads;
${ownRows(tile, "p.keys")}
${
    lines(own, (n) =>
      `let at${n} = row${n} * p.kvStride + kvHead * ${N}u;` +
      tile.load(`u${n}_`, "kv", `at${n} + p.k`) + tile.load(`v${n}_`, "kv", `at${n} + p.v`) +
      parts.map((i) =>
        `let k${n}_${i} = u${n}_${i} * p.scale; var a${n}_${i} = vec4<f32>(); var c${n}_${i} = vec4<f32>();`
      ).join(""))
  }
for (var member = 0u; member < p.group; member += 1u) {
let head = kvHead * p.group + member;
for (var j = w.x * ${tile.lanes * tile.rows}u; j < p.queries; j += 8u) {
${tile.bring([q, g, span, stat], "p.queries")}
${
    lines(eight, (e) =>
      [q, g, span, stat].map((side) => tile.see(side, e, "p.queries")).join("") +
      own.map((n) =>
        `let p${n}_${e} = select(0.0, exp(${
          dots((i) => `k${n}_${i}`, (i) => `q${i}_${e}`)
        } - stat_${e}.x), ` +
        `mine${n} >= span_${e}.x && mine${n} <= span_${e}.y && ${tile.exists(`j + ${e}u`, "p.queries")});` +
        `let s${n}_${e} = p${n}_${e} * (${
          dots((i) => `v${n}_${i}`, (i) => `g${i}_${e}`)
        } - stat_${e}.y) * p.scale;`
      ).join(" "))
  }
${
    lines(parts, (i) =>
      own.map((n) =>
        `a${n}_${i} += ${
          sum((e) => `s${n}_${e} * q${i}_${e}`)
        }; c${n}_${i} += ${sum((e) => `p${n}_${e} * g${i}_${e}`)};`
      ).join(" "))
  }
}
}
${
    lines(own, (n) =>
      `if (${tile.exists(`mine${n}`, "p.keys")}) {
${tile.store("dkv", `at${n} + p.k`, (i) => `a${n}_${i}`)}
${tile.store("dkv", `at${n} + p.v`, (i) => `c${n}_${i}`)}
}`)
  }`;
  const rest: Binding[] = [{ name: "dout", type: "units" }, stats, {
    name: "dkv",
    type: "units",
    writes: true,
  }];
  return text("attention_grad_kv", tile, headDim, [...inputs, ...rest], ["q", "g"], body);
}

/** Whether own row n sees key j + e. */
const seen = (n: number, e: number) => `j + ${e}u >= span${n}.x && j + ${e}u <= span${n}.y`;

interface Binding {
  name: string;
  type: "units" | "pairs" | "spans";
  writes?: boolean;
}

const inputs: Binding[] = [{ name: "q", type: "units" }, { name: "kv", type: "units" }, {
  name: "spans",
  type: "spans",
}];
const stats: Binding = { name: "stats", type: "pairs" };

function text(
  name: string,
  tile: Tile,
  headDim: number,
  bindings: Binding[],
  heads: string[],
  body: string,
): Kernel {
  const types = { pairs: "array<vec2<f32>>", spans: "array<vec2<u32>>" };
  const declared = lines(
    [...bindings.entries()],
    ([i, { name, type, writes }]) =>
      `@group(0) @binding(${i}) var<storage, ${writes ? "read_write" : "read"}> ${name}: ${
        type === "units" ? tile.array(name) : types[type]
      };`,
  );
  const source = `${tile.declare(heads)}${declared}
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(${bindings.length}) var<uniform> p: Params; // strides and columns in units

@compute @workgroup_size(${tile.lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32${tile.builtins}) {
${body}
}
`;
  return kernel(`${name} ${tile.name} E=${headDim}`, source);
}

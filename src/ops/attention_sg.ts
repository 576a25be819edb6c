/**
 * Causal attention for CPU adapters (family `sg`): a workgroup is one subgroup of 8 lanes and lanes own rows.
 * Eight rows of the other side are loaded at once, one a lane, and broadcast; the text is unrolled over the head.
 * The mathematics, bindings and parameters are those of attention.wgsl and its two gradients.
 *
 * @module
 */
import { type Kernel, kernel } from "../gpu/mod.ts";
import { load, octetFunctions, octets, range, store } from "./octet.ts";

/**
 * Rows that a lane owns: two where the length allows, because each row of the other side is then loaded and broadcast
 * for twice the work.
 */
export function rowsPerLane(length: number): number {
  return length % 16 === 0 ? 2 : 1;
}

const params =
  `struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }`;

interface Binding {
  name: string;
  type: "octets" | "pairs" | "spans";
  writes?: boolean;
}

function text(wide: boolean, bindings: Binding[], body: string): string {
  const types = { octets: octets(wide), pairs: "array<vec2<f32>>", spans: "array<vec2<u32>>" };
  const declared = bindings.map(({ name, type, writes }, i) =>
    `@group(0) @binding(${i}) var<storage, ${writes ? "read_write" : "read"}> ${name}: ${types[type]};`
  );
  return `${octetFunctions(wide)}${declared.join("\n")}
${params}
@group(0) @binding(${bindings.length}) var<uniform> p: Params; // strides and columns in octets

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32, @builtin(subgroup_invocation_id) sid: u32) {
${body}
}
`;
}

const inputs: Binding[] = [{ name: "q", type: "octets" }, { name: "kv", type: "octets" }, {
  name: "spans",
  type: "spans",
}];

/** Names and indices that a kernel unrolls over. */
interface Unrolled {
  /** Octets of a head. */
  octet: number[];
  /** Register halves of a head: `0l`, `0h`, `1l` and so on. */
  half: string[];
  /** Rows of a lane. */
  own: number[];
}

const eight = range(8);

function unrolled(headDim: number, rows: number): Unrolled {
  const octet = range(headDim / 8);
  return { octet, half: octet.flatMap((i) => [`${i}l`, `${i}h`]), own: range(rows) };
}

/** Rows of a query tile: w.x counts tiles, w.y sequences times heads. Every key that one of them sees is visited. */
function queryTile(own: number[]): string {
  return `let head = w.y % p.heads;
let sequence = w.y / p.heads;
${
    own.map((n) =>
      `let row${n} = sequence * p.queries + w.x * ${8 * own.length}u + ${8 * n}u + lane; ` +
      `let span${n} = spans[row${n}]; let at${n} = row${n} * p.heads + head;`
    ).join("\n")
  }
let start = subgroupMin(${own.map((n) => `span${n}.x`).reduce((a, b) => `min(${a}, ${b})`)}) & ~7u;
let to = subgroupMax(${own.map((n) => `span${n}.y`).reduce((a, b) => `max(${a}, ${b})`)});`;
}

/** One broadcast row of `names` for each of the eight: `k0l` of lane 3 becomes `k0l_3`. */
function broadcast(names: string[], e: number): string {
  return names.map((name) => `let ${name}_${e} = subgroupBroadcast(${name}, ${e}u);`).join(" ");
}

const dots = (half: string[], a: (i: string) => string, b: (i: string) => string) =>
  half.map((i) => `dot(${a(i)}, ${b(i)})`).join(" + ");
const sum = (term: (e: number) => string) => eight.map(term).join(" + ");
const lines = <T>(items: T[], text: (item: T) => string) => items.map(text).join("\n");

/** o and the log-sum-exp. */
export function attentionSg(headDim: number, wide: boolean, rows: number): Kernel {
  const { octet, half, own } = unrolled(headDim, rows), N = octet.length;
  const body = `${queryTile(own)}
${
    lines(own, (n) =>
      octet.map((i) =>
        load(wide, `u${n}_${i}`, "q", `row${n} * p.qStride + head * ${N}u + ${i}u`)
      ).join("") +
      half.map((i) => `let q${n}_${i} = u${n}_${i} * p.scale; var o${n}_${i} = vec4<f32>();`).join("") +
      `var most${n} = -1e30; var weight${n} = 0.0;`)
  }
for (var j = start; j <= to; j += 8u) {
let key = (sequence * p.keys + j + sid) * p.kvStride + head / p.group * ${N}u;
${
    lines(octet, (i) =>
      load(wide, `k${i}`, "kv", `key + p.k + ${i}u`) + load(wide, `v${i}`, "kv", `key + p.v + ${i}u`))
  }
${
    lines(eight, (e) =>
      broadcast(half.map((i) => `k${i}`), e) +
      own.map((n) =>
        `let s${n}_${e} = select(-1e30, ${dots(half, (i) => `q${n}_${i}`, (i) => `k${i}_${e}`)}, ` +
        `j + ${e}u >= span${n}.x && j + ${e}u <= span${n}.y);`
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
${
    lines(half, (i) =>
      eight.map((e) => broadcast([`v${i}`], e)).join(" ") +
      own.map((n) => `o${n}_${i} = o${n}_${i} * keep${n} + ${sum((e) => `e${n}_${e} * v${i}_${e}`)};`).join(
        " ",
      ))
  }
}
${
    lines(own, (n) =>
      `let z${n} = 1.0 / weight${n};
${
        lines(octet, (i) =>
          store(wide, "o", `at${n} * ${N}u + ${i}u`, `o${n}_${i}l * z${n}`, `o${n}_${i}h * z${n}`))
      }
stats[at${n}] = vec2<f32>(most${n} + log(weight${n}), 0.0);`)
  }`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "o", type: "octets", writes: true },
    { name: "stats", type: "pairs", writes: true },
  ];
  return kernel(`attention_sg E=${headDim} rows=${rows}${wide ? "" : " f32"}`, text(wide, bindings, body));
}

/** dq and D = sum(do o). */
export function attentionGradQSg(headDim: number, wide: boolean, rows: number): Kernel {
  const { octet, half, own } = unrolled(headDim, rows), N = octet.length;
  const body = `${queryTile(own)}
${
    lines(own, (n) =>
      octet.map((i) =>
        load(wide, `u${n}_${i}`, "q", `row${n} * p.qStride + head * ${N}u + ${i}u`) +
        load(wide, `g${n}_${i}`, "dout", `at${n} * ${N}u + ${i}u`) +
        load(wide, `y${n}_${i}`, "o", `at${n} * ${N}u + ${i}u`)
      ).join("") +
      half.map((i) =>
        `let q${n}_${i} = u${n}_${i} * p.scale; var a${n}_${i} = vec4<f32>();`
      ).join("") +
      `let L${n} = stats[at${n}].x; let d${n} = ${dots(half, (i) => `g${n}_${i}`, (i) => `y${n}_${i}`)};
stats[at${n}].y = d${n};`)
  }
for (var j = start; j <= to; j += 8u) {
let key = (sequence * p.keys + j + sid) * p.kvStride + head / p.group * ${N}u;
${
    lines(octet, (i) =>
      load(wide, `k${i}`, "kv", `key + p.k + ${i}u`) + load(wide, `v${i}`, "kv", `key + p.v + ${i}u`))
  }
${
    lines(eight, (e) =>
      broadcast(half.flatMap((i) => [`k${i}`, `v${i}`]), e) +
      own.map((n) =>
        `let s${n}_${e} = select(0.0, exp(${
          dots(half, (i) => `q${n}_${i}`, (i) => `k${i}_${e}`)
        } - L${n}), ` +
        `j + ${e}u >= span${n}.x && j + ${e}u <= span${n}.y)` +
        ` * (${dots(half, (i) => `g${n}_${i}`, (i) => `v${i}_${e}`)} - d${n}) * p.scale;`
      ).join(" "))
  }
${lines(half, (i) => own.map((n) => `a${n}_${i} += ${sum((e) => `s${n}_${e} * k${i}_${e}`)};`).join(" "))}
}
${
    lines(own, (n) =>
      lines(octet, (i) =>
        store(wide, "dq", `row${n} * p.qStride + head * ${N}u + ${i}u`, `a${n}_${i}l`, `a${n}_${i}h`)))
  }`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "o", type: "octets" },
    { name: "dout", type: "octets" },
    { name: "stats", type: "pairs", writes: true },
    { name: "dq", type: "octets", writes: true },
  ];
  return kernel(
    `attention_grad_q_sg E=${headDim} rows=${rows}${wide ? "" : " f32"}`,
    text(wide, bindings, body),
  );
}

/** dk and dv: a lane owns keys of one key head. */
export function attentionGradKVSg(headDim: number, wide: boolean, rows: number): Kernel {
  const { octet, half, own } = unrolled(headDim, rows), N = octet.length;
  const body = `let kvHeads = p.heads / p.group;
let kvHead = w.y % kvHeads;
let sequence = w.y / kvHeads;
${
    lines(own, (n) =>
      `let key${n} = w.x * ${8 * rows}u + ${8 * n}u + lane; ` +
      `let at${n} = (sequence * p.keys + key${n}) * p.kvStride + kvHead * ${N}u;` +
      octet.map((i) =>
        load(wide, `u${n}_${i}`, "kv", `at${n} + p.k + ${i}u`) +
        load(wide, `v${n}_${i}`, "kv", `at${n} + p.v + ${i}u`)
      ).join("") +
      half.map((i) =>
        `let k${n}_${i} = u${n}_${i} * p.scale; var a${n}_${i} = vec4<f32>(); var c${n}_${i} = vec4<f32>();`
      ).join(""))
  }
for (var member = 0u; member < p.group; member += 1u) {
let head = kvHead * p.group + member;
for (var j = w.x * ${8 * rows}u; j < p.queries; j += 8u) {
let query = sequence * p.queries + j + sid;
let span = spans[query];
let stat = stats[query * p.heads + head];
${
    lines(octet, (i) =>
      load(wide, `q${i}`, "q", `query * p.qStride + head * ${N}u + ${i}u`) +
      load(wide, `g${i}`, "dout", `(query * p.heads + head) * ${N}u + ${i}u`))
  }
${
    lines(eight, (e) =>
      broadcast([...half.flatMap((i) => [`q${i}`, `g${i}`]), "span", "stat"], e) +
      own.map((n) =>
        `let p${n}_${e} = select(0.0, exp(${
          dots(half, (i) => `k${n}_${i}`, (i) => `q${i}_${e}`)
        } - stat_${e}.x), ` +
        `key${n} >= span_${e}.x && key${n} <= span_${e}.y);` +
        `let s${n}_${e} = p${n}_${e} * (${
          dots(half, (i) => `v${n}_${i}`, (i) => `g${i}_${e}`)
        } - stat_${e}.y) * p.scale;`
      ).join(" "))
  }
${
    lines(half, (i) =>
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
      lines(octet, (i) =>
        store(wide, "dkv", `at${n} + p.k + ${i}u`, `a${n}_${i}l`, `a${n}_${i}h`) +
        store(wide, "dkv", `at${n} + p.v + ${i}u`, `c${n}_${i}l`, `c${n}_${i}h`)))
  }`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "dout", type: "octets" },
    { name: "stats", type: "pairs" },
    { name: "dkv", type: "octets", writes: true },
  ];
  return kernel(
    `attention_grad_kv_sg E=${headDim} rows=${rows}${wide ? "" : " f32"}`,
    text(wide, bindings, body),
  );
}

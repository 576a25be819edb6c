/**
 * Causal attention for CPU adapters (family `sg`): a workgroup is one subgroup of 8 lanes and lanes own rows.
 * Eight rows of the other side are loaded at once, one a lane, and broadcast; the text is unrolled over the head.
 * The mathematics, bindings and parameters are those of attention.wgsl and its two gradients.
 *
 * @module
 */
import { type Kernel, kernel } from "../gpu/mod.ts";
import { load, octetFunctions, octets, range, store } from "./octet.ts";

/** Query rows, or key rows, that a workgroup owns. */
export const attentionRows = 8;

const params =
  `struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }`;

/** The parts of an unrolled head: octet numbers, and register names such as `0l`, `0h`, `1l`. */
function parts(headDim: number): { octet: number[]; half: string[] } {
  const octet = range(headDim / 8);
  return { octet, half: octet.flatMap((i) => [`${i}l`, `${i}h`]) };
}

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

/** Rows and columns of a query tile: w.x counts tiles of 8 queries, w.y sequences times heads. */
const queryTile = `let head = w.y % p.heads;
let sequence = w.y / p.heads;
let row = sequence * p.queries + w.x * 8u + lane;
let span = spans[row];
let start = subgroupMin(span.x) & ~7u;
let to = subgroupMax(span.y);
let at = row * p.heads + head;`;

/** o and the log-sum-exp. */
export function attentionSg(headDim: number, wide: boolean): Kernel {
  const { octet, half } = parts(headDim), N = headDim / 8, eight = range(8);
  const scores = eight.map((e) =>
    half.map((i) => `let k${i}_${e} = subgroupBroadcast(k${i}, ${e}u);`).join(" ") +
    `let s${e} = select(-1e30, ${
      half.map((i) => `dot(q${i}, k${i}_${e})`).join(" + ")
    }, j + ${e}u >= span.x && j + ${e}u <= span.y);`
  );
  const sums = half.map((i) =>
    eight.map((e) => `let v${i}_${e} = subgroupBroadcast(v${i}, ${e}u);`).join(" ") +
    `o${i} = o${i} * keep + ${eight.map((e) => `e${e} * v${i}_${e}`).join(" + ")};`
  );
  const body = `${queryTile}
${octet.map((i) => load(wide, `u${i}`, "q", `row * p.qStride + head * ${N}u + ${i}u`)).join("\n")}
${half.map((i) => `let q${i} = u${i} * p.scale; var o${i} = vec4<f32>();`).join("\n")}
var most = -1e30;
var weight = 0.0;
for (var j = start; j <= to; j += 8u) {
let key = (sequence * p.keys + j + sid) * p.kvStride + head / p.group * ${N}u;
${
    octet.map((i) =>
      load(wide, `k${i}`, "kv", `key + p.k + ${i}u`) + load(wide, `v${i}`, "kv", `key + p.v + ${i}u`)
    ).join("\n")
  }
${scores.join("\n")}
let above = max(most, max(max(max(s0, s1), max(s2, s3)), max(max(s4, s5), max(s6, s7))));
let keep = exp(most - above);
most = above;
${eight.map((e) => `let e${e} = exp(s${e} - above);`).join(" ")}
weight = weight * keep + ${eight.map((e) => `e${e}`).join(" + ")};
${sums.join("\n")}
}
let z = 1.0 / weight;
${octet.map((i) => store(wide, "o", `at * ${N}u + ${i}u`, `o${i}l * z`, `o${i}h * z`)).join("\n")}
stats[at] = vec2<f32>(most + log(weight), 0.0);`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "o", type: "octets", writes: true },
    { name: "stats", type: "pairs", writes: true },
  ];
  return kernel(`attention_sg E=${headDim}${wide ? "" : " f32"}`, text(wide, bindings, body));
}

/** dq and D = sum(do o). */
export function attentionGradQSg(headDim: number, wide: boolean): Kernel {
  const { octet, half } = parts(headDim), N = headDim / 8, eight = range(8);
  const ds = eight.map((e) =>
    half.map((i) =>
      `let k${i}_${e} = subgroupBroadcast(k${i}, ${e}u); let v${i}_${e} = subgroupBroadcast(v${i}, ${e}u);`
    ).join(" ") +
    `let s${e} = select(0.0, exp(${
      half.map((i) => `dot(q${i}, k${i}_${e})`).join(" + ")
    } - L), j + ${e}u >= span.x && j + ${e}u <= span.y)` +
    ` * (${half.map((i) => `dot(g${i}, v${i}_${e})`).join(" + ")} - d) * p.scale;`
  );
  const body = `${queryTile}
${
    octet.map((i) =>
      load(wide, `u${i}`, "q", `row * p.qStride + head * ${N}u + ${i}u`) +
      load(wide, `g${i}`, "dout", `at * ${N}u + ${i}u`) + load(wide, `y${i}`, "o", `at * ${N}u + ${i}u`)
    ).join("\n")
  }
${half.map((i) => `let q${i} = u${i} * p.scale; var a${i} = vec4<f32>();`).join("\n")}
let L = stats[at].x;
let d = ${half.map((i) => `dot(g${i}, y${i})`).join(" + ")};
stats[at].y = d;
for (var j = start; j <= to; j += 8u) {
let key = (sequence * p.keys + j + sid) * p.kvStride + head / p.group * ${N}u;
${
    octet.map((i) =>
      load(wide, `k${i}`, "kv", `key + p.k + ${i}u`) + load(wide, `v${i}`, "kv", `key + p.v + ${i}u`)
    ).join("\n")
  }
${ds.join("\n")}
${half.map((i) => `a${i} += ${eight.map((e) => `s${e} * k${i}_${e}`).join(" + ")};`).join("\n")}
}
${
    octet.map((i) => store(wide, "dq", `row * p.qStride + head * ${N}u + ${i}u`, `a${i}l`, `a${i}h`)).join(
      "\n",
    )
  }`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "o", type: "octets" },
    { name: "dout", type: "octets" },
    { name: "stats", type: "pairs", writes: true },
    { name: "dq", type: "octets", writes: true },
  ];
  return kernel(`attention_grad_q_sg E=${headDim}${wide ? "" : " f32"}`, text(wide, bindings, body));
}

/** dk and dv: a lane owns one key of one key head. */
export function attentionGradKVSg(headDim: number, wide: boolean): Kernel {
  const { octet, half } = parts(headDim), N = headDim / 8, eight = range(8);
  const probs = eight.map((e) =>
    half.map((i) =>
      `let q${i}_${e} = subgroupBroadcast(q${i}, ${e}u); let g${i}_${e} = subgroupBroadcast(g${i}, ${e}u);`
    ).join(" ") +
    `let seen${e} = key >= subgroupBroadcast(span.x, ${e}u) && key <= subgroupBroadcast(span.y, ${e}u);` +
    `let p${e} = select(0.0, exp(${
      half.map((i) => `dot(k${i}, q${i}_${e})`).join(" + ")
    } - subgroupBroadcast(stat.x, ${e}u)), seen${e});` +
    `let s${e} = p${e} * (${
      half.map((i) => `dot(v${i}, g${i}_${e})`).join(" + ")
    } - subgroupBroadcast(stat.y, ${e}u)) * p.scale;`
  );
  const body = `let kvHeads = p.heads / p.group;
let kvHead = w.y % kvHeads;
let sequence = w.y / kvHeads;
let key = w.x * 8u + lane;
let row = sequence * p.keys + key;
let at = row * p.kvStride + kvHead * ${N}u;
${
    octet.map((i) =>
      load(wide, `u${i}`, "kv", `at + p.k + ${i}u`) + load(wide, `v${i}`, "kv", `at + p.v + ${i}u`)
    ).join("\n")
  }
${
    half.map((i) => `let k${i} = u${i} * p.scale; var a${i} = vec4<f32>(); var c${i} = vec4<f32>();`).join(
      "\n",
    )
  }
for (var member = 0u; member < p.group; member += 1u) {
let head = kvHead * p.group + member;
for (var j = w.x * 8u; j < p.queries; j += 8u) {
let query = sequence * p.queries + j + sid;
let span = spans[query];
let stat = stats[query * p.heads + head];
${
    octet.map((i) =>
      load(wide, `q${i}`, "q", `query * p.qStride + head * ${N}u + ${i}u`) +
      load(wide, `g${i}`, "dout", `(query * p.heads + head) * ${N}u + ${i}u`)
    ).join("\n")
  }
${probs.join("\n")}
${
    half.map((i) =>
      `a${i} += ${eight.map((e) => `s${e} * q${i}_${e}`).join(" + ")}; c${i} += ${
        eight.map((e) => `p${e} * g${i}_${e}`).join(" + ")
      };`
    ).join("\n")
  }
}
}
${
    octet.map((i) =>
      store(wide, "dkv", `at + p.k + ${i}u`, `a${i}l`, `a${i}h`) +
      store(wide, "dkv", `at + p.v + ${i}u`, `c${i}l`, `c${i}h`)
    ).join("\n")
  }`;
  const bindings: Binding[] = [
    ...inputs,
    { name: "dout", type: "octets" },
    { name: "stats", type: "pairs" },
    { name: "dkv", type: "octets", writes: true },
  ];
  return kernel(`attention_grad_kv_sg E=${headDim}${wide ? "" : " f32"}`, text(wide, bindings, body));
}

/**
 * Attention tiles for GPUs (family `shared`): a workgroup of 64 lanes, one row per lane.
 *
 * All lanes together copy a block into workgroup memory, and each lane reads its rows from there. Any length; heads are
 * multiples of 4.
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import { range } from "../unroll.ts";
import type { Tile } from "./tiled.ts";

const lanes = 64;

/**
 * Returns the tile for heads of `headDim` numbers.
 *
 * @param tensors the tensors that may be of another type than f32, by their binding
 */
export function sharedTile(headDim: number, tensors: Readonly<Record<string, Tensor>>): Tile {
  const N = headDim / 4;
  const parts = range(N).map(String);
  const unit = (buffer: string) => `vec4<${tensors[buffer]?.dtype ?? "f32"}>`;
  return {
    name: "shared",
    key: ["shared", ...Object.keys(tensors).map((buffer) => `${buffer}:${unit(buffer)}`)].join(" "),
    lanes,
    rows: 1,
    unit: 4,
    parts,
    builtins: "",
    array: (buffer) => `array<${unit(buffer)}>`,
    declare: (...blocks) =>
      [
        ...blocks.map((name) => `var<workgroup> ${name}_rows: array<vec4<f32>, ${8 * N}>;`),
        `var<workgroup> ranges: array<vec2<u32>, ${lanes}>;`,
        "var<workgroup> range_: vec2<u32>;",
      ].join("\n"),
    load: (name, buffer, place) =>
      parts.map((i) => `let ${name}${i} = vec4<f32>(${buffer}[${place} + ${i}u]);`).join("\n"),
    store: (buffer, place, ...values) =>
      parts.map((i, n) => `${buffer}[${place} + ${i}u] = ${unit(buffer)}(${values[n]});`).join("\n"),
    keyRange: (span) => keyRange.replace("SPAN", span),
    loadBlocks: (blocks) => {
      const copies = blocks.filter(({ pair }) => !pair).map(({ name, buffer, place, factor = "1.0" }) =>
        `  ${name}_rows[i] = vec4<f32>(${buffer}[${place.replaceAll("{row}", "r")} + i % ${N}u]) * ${factor};`
      );
      return `workgroupBarrier();
for (var i = lane; i < ${8 * N}u; i += ${lanes}u) {
  let r = min(j + i / ${N}u, ${blocks[0].count} - 1u);
${copies.join("\n")}
}
workgroupBarrier();`;
    },
    broadcast: ({ name, buffer, place, count, pair }, e) =>
      pair
        ? `let ${name}_${e} = ${buffer}[${place.replaceAll("{row}", `min(j + ${e}u, ${count} - 1u)`)}];`
        : parts.map((i) => `let ${name}${i}_${e} = ${name}_rows[${Number(e) * N + Number(i)}];`).join("\n"),
    clamp: (row, count) => `min(${row}, ${count} - 1u)`,
    exists: (row, count) => `${row} < ${count}`,
  };
}

/** The loop over keys holds barriers, so that all lanes have to agree on its bounds. */
const keyRange = `ranges[lane] = SPAN;
workgroupBarrier();
if (lane == 0u) {
  var all = ranges[0];
  for (var i = 1u; i < ${lanes}u; i += 1u) { all = vec2<u32>(min(all.x, ranges[i].x), max(all.y, ranges[i].y)); }
  range_ = all;
}
let bounds = workgroupUniformLoad(&range_);
let start = bounds.x & ~7u;
let to = bounds.y;`;

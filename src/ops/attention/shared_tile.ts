/**
 * Attention tiles for GPUs (family `shared`): a workgroup of 64 lanes, a row each. All lanes together copy the eight rows
 * into workgroup memory, from where each lane reads them. Any length; heads are whole fours.
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import type { Side, Tile } from "./tiled.ts";
import { range } from "../vec8.ts";

const lanes = 64;

/** The tile for heads of `headDim` numbers; `held` are the tensors that need not be of floats, by their buffer. */
export function sharedTile(headDim: number, held: Readonly<Record<string, Tensor>>): Tile {
  const N = headDim / 4;
  const parts = range(N).map(String);
  const unit = (buffer: string) => `vec4<${held[buffer]?.dtype ?? "f32"}>`;
  return {
    name: "shared",
    lanes,
    rows: 1,
    unit: 4,
    array: (buffer) => `array<${unit(buffer)}>`,
    parts,
    builtins: "",
    declare: (heads) =>
      heads.map((name) => `var<workgroup> ${name}_rows: array<vec4<f32>, ${8 * N}>;\n`).join("") +
      `var<workgroup> ranges: array<vec2<u32>, ${lanes}>;\nvar<workgroup> range_: vec2<u32>;\n`,
    load: (name, buffer, at) =>
      parts.map((i) => `let ${name}${i} = vec4<f32>(${buffer}[${at} + ${i}u]);`).join(" "),
    store: (buffer, at, value) =>
      parts.map((i) => `${buffer}[${at} + ${i}u] = ${unit(buffer)}(${value(i)});`).join(" "),
    bounds: ([span]) =>
      `ranges[lane] = ${span};
workgroupBarrier();
if (lane == 0u) {
  var all = ranges[0];
  for (var i = 1u; i < ${lanes}u; i += 1u) { all = vec2<u32>(min(all.x, ranges[i].x), max(all.y, ranges[i].y)); }
  range_ = all;
}
let bounds = workgroupUniformLoad(&range_); // barriers stand inside the loop: all lanes must agree on it
let start = bounds.x & ~7u;
let to = bounds.y;`,
    bring: (sides, count) =>
      `workgroupBarrier();
for (var i = lane; i < ${8 * N}u; i += ${lanes}u) {
let r = min(j + i / ${N}u, ${count} - 1u);
${sides.filter((side) => !side.pair).map((side) => copy(side, N)).join("\n")}
}
workgroupBarrier();`,
    see: ({ name, buffer, at, pair }, e, count) =>
      pair
        ? `let ${name}_${e} = ${buffer}[${at(`min(j + ${e}u, ${count} - 1u)`)}];`
        : parts.map((i) => `let ${name}${i}_${e} = ${name}_rows[${e * N + Number(i)}];`).join(" "),
    clamp: (row, count) => `min(${row}, ${count} - 1u)`,
    exists: (row, count) => `${row} < ${count}`,
  };
}

function copy({ name, buffer, at }: Side, N: number): string {
  return `${name}_rows[i] = vec4<f32>(${buffer}[${at("r")} + i % ${N}u]);`;
}

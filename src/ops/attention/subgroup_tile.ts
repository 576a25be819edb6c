/**
 * Attention tiles for CPU adapters (family `subgroup`): a workgroup is one subgroup of 8 lanes. Each lane loads one of the
 * eight rows and broadcasts it; there are no barriers. Lengths and heads are whole eights.
 *
 * @module
 */
import type { Side, Tile } from "./tiled.ts";
import type { DeviceProfile, Tensor } from "../../gpu/mod.ts";
import { load, range, store, vec8Array, vec8Functions, vec8LayoutOf } from "../vec8.ts";

/**
 * The tile for heads of `headDim` numbers and `length` rows. A lane owns two rows where the length allows: each row of
 * the other side is then loaded and broadcast for twice the work.
 *
 * @param held the tensors that need not be of floats, by their buffer
 */
export function subgroupTile(
  device: DeviceProfile,
  headDim: number,
  length: number,
  held: Readonly<Record<string, Tensor>>,
): Tile {
  const octet = range(headDim / 8);
  const parts = octet.flatMap((i) => [`${i}l`, `${i}h`]);
  const rows = length % 16 === 0 ? 2 : 1;
  const octets = (buffer: string) => vec8LayoutOf(device, held[buffer] ?? { dtype: "f32" });
  const kinds = [...new Set([octets("dout"), ...Object.keys(held).map(octets)])];
  const form = kinds.join("-");
  const loadHead = (name: string, buffer: string, at: string) =>
    octet.map((i) => load(octets(buffer), `${name}${i}`, buffer, `${at} + ${i}u`)).join("");
  return {
    name: `subgroup rows=${rows}${form === "u64" ? "" : ` ${form}`}`,
    lanes: 8,
    rows,
    unit: 8,
    array: (buffer) => vec8Array(octets(buffer)),
    parts,
    builtins: ", @builtin(subgroup_invocation_id) sid: u32",
    declare: () => vec8Functions(...kinds),
    load: loadHead,
    store: (buffer, at, value) =>
      octet.map((i) => store(octets(buffer), buffer, `${at} + ${i}u`, value(`${i}l`), value(`${i}h`))).join(
        "",
      ),
    bounds: (spans) =>
      `let start = subgroupMin(${spans.map((s) => `${s}.x`).reduce((a, b) => `min(${a}, ${b})`)}) & ~7u;
let to = subgroupMax(${spans.map((s) => `${s}.y`).reduce((a, b) => `max(${a}, ${b})`)});`,
    bring: (sides) => sides.map((side) => bring(side, loadHead)).join("\n"),
    see: ({ name, pair }, e) =>
      (pair ? [name] : parts.map((i) => `${name}${i}`))
        .map((part) => `let ${part}_${e} = subgroupBroadcast(${part}, ${e}u);`).join(" "),
    clamp: (row) => row,
    exists: () => "true",
  };
}

function bring({ name, buffer, at, pair }: Side, loadHead: Tile["load"]): string {
  return pair ? `let ${name} = ${buffer}[${at("j + sid")}];` : loadHead(name, buffer, at("j + sid"));
}

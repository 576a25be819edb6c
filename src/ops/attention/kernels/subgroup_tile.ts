/**
 * Attention tiles for software adapters (family `subgroup`): a workgroup is one subgroup of 8 lanes.
 *
 * Each lane loads one row of a block and broadcasts it to the others, without barriers. Lengths and heads are multiples
 * of 8, so that no row has to be clamped or left out.
 *
 * @module
 */
import type { Block, Tile } from "./tiled.ts";
import type { DeviceProfile, Tensor } from "../../../gpu/mod.ts";
import { range } from "../../unroll.ts";
import { load, store, vec8Array, vec8Functions, vec8LayoutOf } from "../../vec8.ts";

/**
 * Returns the tile for heads of `headDim` numbers and `length` rows. A lane owns two rows where the length allows it:
 * each row of the other side is then loaded and broadcast for twice the work.
 *
 * @param tensors the tensors that may be of another type than f32, by their binding
 */
export function subgroupTile(
  device: DeviceProfile,
  headDim: number,
  length: number,
  tensors: Readonly<Record<string, Tensor>>,
): Tile {
  const units = range(headDim / 8);
  const parts = units.flatMap((i) => [`${i}l`, `${i}h`]);
  const rows = length % 16 === 0 ? 2 : 1;
  const layout = (buffer: string) => vec8LayoutOf(device, tensors[buffer] ?? { dtype: "f32" });
  const layouts = [...new Set([layout("dout"), ...Object.keys(tensors).map(layout)])];
  const label = layouts.join("-");
  const name = `subgroup rows=${rows}${label === "u64" ? "" : ` ${label}`}`;
  const loadHead: Tile["load"] = (name, buffer, place) =>
    units.map((i) => load(layout(buffer), `${name}${i}`, buffer, `${place} + ${i}u`)).join("\n");
  return {
    name,
    key: [name, ...Object.keys(tensors).map((buffer) => `${buffer}:${layout(buffer)}`)].join(" "),
    lanes: 8,
    rows,
    unit: 8,
    parts,
    builtins: ", @builtin(subgroup_invocation_id) sid: u32",
    array: (buffer) => vec8Array(layout(buffer)),
    declare: () => vec8Functions(...layouts),
    load: loadHead,
    store: (buffer, place, ...values) =>
      units.map((i) => store(layout(buffer), buffer, `${place} + ${i}u`, values[2 * i], values[2 * i + 1]))
        .join("\n"),
    keyRange: (...spans) => {
      const first = spans.map((span) => `${span}.x`).reduce((a, b) => `min(${a}, ${b})`);
      const last = spans.map((span) => `${span}.y`).reduce((a, b) => `max(${a}, ${b})`);
      return `let start = subgroupMin(${first}) & ~7u;\nlet to = subgroupMax(${last});`;
    },
    loadBlocks: (blocks) => blocks.map((block) => loadRow(block, parts, loadHead)).join("\n"),
    broadcast: ({ name, pair }, e) =>
      (pair ? [name] : parts.map((part) => `${name}${part}`))
        .map((register) => `let ${register}_${e} = subgroupBroadcast(${register}, ${e}u);`).join("\n"),
  };
}

/** WGSL by which each lane loads its row of a block. */
function loadRow(
  { name, buffer, place, factor, pair }: Block,
  parts: readonly string[],
  loadHead: Tile["load"],
): string {
  const at = place.replaceAll("{row}", "j + sid");
  if (pair) return `let ${name} = ${buffer}[${at}];`;
  if (!factor) return loadHead(name, buffer, at);
  const scaled = parts.map((part) => `let ${name}${part} = loaded_${name}${part} * ${factor};`);
  return [loadHead(`loaded_${name}`, buffer, at), ...scaled].join("\n");
}

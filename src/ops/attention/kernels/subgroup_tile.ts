/**
 * Attention tiles for software adapters (family `subgroup`): a workgroup is one subgroup.
 *
 * The lanes together load a block of eight rows, eight numbers at a time, and broadcast them, without barriers. Eight lanes
 * hold one row each; sixteen hold two parts of a row, and four take turns. Heads are multiples of 8, lengths of the lanes too.
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
  const lanes = device.subgroup;
  const units = range(headDim / 8);
  const parts = units.flatMap((i) => [`${i}l`, `${i}h`]);
  const rows = length % (2 * lanes) === 0 ? 2 : 1;
  const layout = (buffer: string) => vec8LayoutOf(device, tensors[buffer] ?? { dtype: "f32" });
  const layouts = [...new Set([layout("dout"), ...Object.keys(tensors).map(layout)])];
  const label = layouts.join("-");
  const name = [
    `subgroup rows=${rows}`,
    ...lanes === 8 ? [] : [`lanes=${lanes}`],
    ...label === "u64" ? [] : [label],
  ].join(" ");
  const loadUnit = (name: string, buffer: string, place: string) => load(layout(buffer), name, buffer, place);
  return {
    name,
    key: [name, ...Object.keys(tensors).map((buffer) => `${buffer}:${layout(buffer)}`)].join(" "),
    lanes,
    rows,
    unit: 8,
    parts,
    builtins: ", @builtin(subgroup_invocation_id) sid: u32",
    array: (buffer) => vec8Array(layout(buffer)),
    declare: () => vec8Functions(...layouts),
    load: (name, buffer, place) =>
      units.map((i) => loadUnit(`${name}${i}`, buffer, `${place} + ${i}u`)).join("\n"),
    store: (buffer, place, ...values) =>
      units.map((i) => store(layout(buffer), buffer, `${place} + ${i}u`, values[2 * i], values[2 * i + 1]))
        .join("\n"),
    keyRange: (...spans) => {
      const first = spans.map((span) => `${span}.x`).reduce((a, b) => `min(${a}, ${b})`);
      const last = spans.map((span) => `${span}.y`).reduce((a, b) => `max(${a}, ${b})`);
      return `let start = subgroupMin(${first}) & ~7u;\nlet to = subgroupMax(${last});`;
    },
    loadBlocks: (blocks) =>
      blocks.map((block) =>
        range(Math.ceil(8 * (block.pair ? 1 : units.length) / lanes))
          .map((group) => loadGroup(block, group, lanes, units.length, loadUnit)).join("\n")
      ).join("\n"),
    broadcast: ({ name, pair }, e) =>
      (pair ? [""] : parts).map((part) => {
        const place = 8 * (parseInt(part) || 0) + Number(e);
        const register = `${name}G${Math.floor(place / lanes)}${part.at(-1) ?? ""}`;
        return `let ${name}${part}_${e} = subgroupBroadcast(${register}, ${place % lanes}u);`;
      }).join("\n"),
  };
}

/**
 * Returns WGSL by which the lanes load a group of the block: unit u of row j + e is number 8 u + e of the block, and
 * `lanes` of these numbers are a group.
 */
function loadGroup(
  { name, buffer, place, factor, pair }: Block,
  group: number,
  lanes: number,
  units: number,
  loadUnit: Tile["load"],
): string {
  const first = group * lanes;
  const row = lanes < 8 ? `j + ${first % 8}u + sid` : lanes === 8 ? "j + sid" : "j + sid % 8u";
  const at = place.replaceAll("{row}", row);
  const register = `${name}G${group}`;
  if (pair) return `let ${register} = ${buffer}[${at}];`;
  const unit = lanes <= 8 ? `${first >> 3}u` : `min(${first >> 3}u + sid / 8u, ${units - 1}u)`;
  if (!factor) return loadUnit(register, buffer, `${at} + ${unit}`);
  const scaled = ["l", "h"].map((part) => `let ${register}${part} = loaded_${register}${part} * ${factor};`);
  return [loadUnit(`loaded_${register}`, buffer, `${at} + ${unit}`), ...scaled].join("\n");
}

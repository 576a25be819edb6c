/**
 * Attention tiles for CPU adapters (family `sg`): a workgroup is one subgroup of 8 lanes. Each lane loads one of the
 * eight rows and broadcasts it; there are no barriers. Lengths and heads are whole eights.
 *
 * @module
 */
import type { Side, Tile } from "./attention_tile.ts";
import { load, octetFunctions, octets, range, store } from "./octet.ts";

/**
 * The tile for heads of `headDim` numbers and `length` rows. A lane owns two rows where the length allows: each row of
 * the other side is then loaded and broadcast for twice the work.
 *
 * @param wide 64-bit integers are granted
 */
export function subgroupTile(headDim: number, length: number, wide: boolean): Tile {
  const octet = range(headDim / 8), parts = octet.flatMap((i) => [`${i}l`, `${i}h`]);
  const rows = length % 16 === 0 ? 2 : 1;
  const loadHead = (name: string, buffer: string, at: string) =>
    octet.map((i) => load(wide, `${name}${i}`, buffer, `${at} + ${i}u`)).join("");
  return {
    name: `sg rows=${rows}${wide ? "" : " f32"}`,
    lanes: 8,
    rows,
    unit: 8,
    array: octets(wide),
    parts,
    builtins: ", @builtin(subgroup_invocation_id) sid: u32",
    declare: () => octetFunctions(wide),
    load: loadHead,
    store: (buffer, at, value) =>
      octet.map((i) => store(wide, buffer, `${at} + ${i}u`, value(`${i}l`), value(`${i}h`))).join(""),
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

/**
 * Causal attention by tiles for software adapters (family `subgroup`), made from templates.
 *
 * The sums, bindings and parameters are those of attention.wgsl and its two gradients: read them first. A lane owns rows,
 * queries or keys, and holds them in registers. The rows of the other side come in blocks of eight: each lane of the
 * workgroup loads a row of a block, then each row is broadcast to every lane. The {@linkcode Tile} of subgroup_tile.ts
 * says how.
 *
 * @module
 */
import { type Kernel, kernel } from "../../../gpu/mod.ts";
import type { AttentionKernels, AttentionPass, AttentionShape } from "./attention_kernels.ts";
import { type Macro, over, range, unroll } from "../../unroll.ts";
import forwardTemplate from "./attention_tiled.wgsl" with { type: "text" };
import gradQTemplate from "./attention_tiled_grad_q.wgsl" with { type: "text" };
import gradKVTemplate from "./attention_tiled_grad_kv.wgsl" with { type: "text" };

/** Eight rows j .. j + 7 of a buffer: heads, or pairs such as the keys that a row sees. */
export interface Block {
  /** Name of the registers: a row of block `k` is in `k0`, `k1` and so on, one for each part of a head. */
  name: string;
  /** Binding. */
  buffer: string;
  /** WGSL for the place in the buffer of the row `{row}`. */
  place: string;
  /** WGSL for the factor of every number that is loaded. */
  factor?: string;
  /** True for one vector per row, such as a span, instead of a head. */
  pair: boolean;
}

/** The way in which a workgroup holds, loads and broadcasts rows; every method returns WGSL. */
export interface Tile {
  /** Part of the kernel's name. */
  name: string;
  /** A text that tells this tile from all others. */
  key: string;
  /** Invocations of a workgroup. */
  lanes: number;
  /** Rows that a lane owns. */
  rows: number;
  /** Numbers in a unit of memory. */
  unit: number;
  /** Names of the vec4 registers of a head. */
  parts: string[];
  /** Further inputs of `main`. */
  builtins: string;
  /** The type of a buffer of units. */
  array(buffer: string): string;
  /** Functions in front of the kernel, and workgroup memory for the blocks of these names. */
  declare(...blocks: string[]): string;
  /** Loads the head at `place` into the registers `name` + part. */
  load(name: string, buffer: string, place: string): string;
  /** Stores one value per part as the head at `place`. */
  store(buffer: string, place: string, ...values: string[]): string;
  /** Declares `start` and `to`, the first and last key that any of the lanes' `spans` holds, the same in all lanes. */
  keyRange(...spans: string[]): string;
  /** Loads rows j .. j + 7 of each block. */
  loadBlocks(blocks: readonly Block[]): string;
  /** Declares the registers of row j + e of a block, their names followed by `_e`. */
  broadcast(block: Block, e: string): string;
}

const sources: Readonly<Record<AttentionPass, readonly [name: string, template: string]>> = {
  forward: ["attention", forwardTemplate],
  gradQ: ["attention_grad_q", gradQTemplate],
  gradKV: ["attention_grad_kv", gradKVTemplate],
};

/** Returns the kernels with `tile` for an attention of `shape` over `keys` keys. */
export function tiledKernels(
  tile: Tile,
  { batch, queries, heads, kvHeads, headDim }: AttentionShape,
  keys: number,
): AttentionKernels {
  const grid = (length: number, heads: number) =>
    [Math.ceil(length / tile.lanes / tile.rows), batch * heads] as const;
  return {
    unit: tile.unit,
    args: {},
    kernel: (pass) => tiled(...sources[pass], tile, headDim),
    grid: (pass) => pass === "gradKV" ? grid(keys, kvHeads) : grid(queries, heads),
  };
}

const kernels = new Map<string, Kernel>();

function tiled(name: string, template: string, tile: Tile, headDim: number): Kernel {
  const { lanes, rows, unit, parts, builtins } = tile;
  const key = `${name} ${tile.key} E=${headDim}`;
  const known = kernels.get(key);
  if (known) return known;
  const source = unroll(template, {
    names: { lanes, unit, builtins, tileRows: lanes * rows, N: headDim / unit },
    indices: {
      n: range(rows).map((n) => ({ n, offset: lanes * n })),
      e: over("e", range(8)),
      i: over("i", parts),
    },
    macros: macrosOf(tile),
  });
  const made = kernel(`${name} ${tile.name} E=${headDim}`, source, {}, "", template);
  kernels.set(key, made);
  return made;
}

/** The macros of the three templates: the methods of the tile, with blocks by their names. */
function macrosOf(tile: Tile): Record<string, Macro> {
  const blocks = new Map<string, Block>();
  const block = (pair: boolean): Macro => (name, buffer, place, factor) => {
    blocks.set(name, { name, buffer, place, factor, pair });
    return "";
  };
  return {
    array: tile.array,
    declare: tile.declare,
    load: tile.load,
    store: tile.store,
    keyRange: tile.keyRange,
    block: block(false),
    pairs: block(true),
    loadBlocks: (...names) => tile.loadBlocks(names.map((name) => blocks.get(name)!)),
    broadcast: (name, e) => tile.broadcast(blocks.get(name)!, e),
  };
}

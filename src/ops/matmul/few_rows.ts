/**
 * The product of few rows, as in the decoding of one token: y = x W^T, where each weight is read once and used once per
 * row. Reading the weights is nearly all of the work, so that lanes lie along K: together they read a line of W in order,
 * by the widest loads that there are, and add their sums at the end.
 *
 * On software adapters a workgroup is one subgroup, on GPUs 64 lanes that add through workgroup memory. Weights
 * are floats, halves, or bytes with a scale per 32 (dtype "q8", the blocks of GGUF's Q8_0).
 *
 * @module
 */
import {
  type DeviceProfile,
  grid2d,
  isPacked,
  type Kernel,
  kernel,
  q8Block,
  type Recorder,
  type Tensor,
} from "../../gpu/mod.ts";
import { over, range, unroll } from "../unroll.ts";
import { groupOf, type GroupSize, groupUnits, partsOf, type Units, unitsOf } from "./weight_units.ts";
import template from "./few_rows.wgsl" with { type: "text" };

/** The numbers of a kernel's text. */
interface Tile {
  /** Rows of C. */
  rows: number;
  /** Columns of C. */
  cols: number;
  /** Invocations. */
  lanes: number;
}

/**
 * Returns true for a product that {@linkcode fewRows} computes. From eight rows on the tiles of matmul.ts do, whatever the
 * number of rows: a batch of sequences then has the same bits whatever their number.
 */
export function areFewRows(device: DeviceProfile, M: number, weights: Tensor): boolean {
  return M < 8 && (device.family !== "plain" || weights.dtype === "q8" || isPacked(device, weights));
}

/** Returns the tile for `M` rows. Eight columns share the loads of x; more sums than 32 would not stay in registers. */
function tileFor(device: DeviceProfile, M: number): Tile {
  if (device.family !== "subgroup") return { rows: M, cols: 4, lanes: 64 };
  const lanes = device.subgroup;
  return { rows: M, cols: M <= 4 ? Math.min(8, lanes) : 4, lanes };
}

/**
 * Records C = A B^T for few rows of A.
 *
 * @param a [M, K] f32 or f16
 * @param b [N, K] f32, f16 or q8
 * @param c [M, N] f32 or f16
 */
export function fewRows(r: Recorder, a: Tensor, b: Tensor, c: Tensor): void {
  const { device } = r;
  const [M, N, K] = [a.rows, b.rows, a.cols];
  const group = groupOf(device, K, a.stride, b.stride);
  const x = groupUnits(device, a.dtype, group);
  const w = unitsOf(device, b.dtype, group, K, b.stride);
  const tile = tileFor(device, M);
  const made = kernelOf(device, tile, group, x, w, b.dtype === "q8", c.dtype);
  const [columns, more] = grid2d(Math.ceil(N / tile.cols));
  const params = { N, units: K / w.size, lda: a.stride / x.size, ldb: b.stride / w.size, ldc: c.stride };
  r.call(made, { a, b, ...b.scales && { scales: b.scales }, c }, params, [columns, more], 2 * M * N * K);
}

const kernels = new Map<string, Kernel>();

function kernelOf(
  device: DeviceProfile,
  { rows, cols, lanes }: Tile,
  group: GroupSize,
  x: Units,
  w: Units,
  scaled: boolean,
  typeC: string,
): Kernel {
  const shared = device.family !== "subgroup";
  const name = `few_rows rows=${rows} ${x.key}, ${w.key} to ${typeC}${
    shared ? " shared" : ` lanes=${lanes}`
  }`;
  const known = kernels.get(name);
  if (known) return known;
  const count = w.size / group;
  const text = unroll(template, {
    names: {
      shared,
      scaled,
      rows,
      cols,
      lanes,
      count,
      typeC,
      parts: rows * lanes,
      last: scaled ? 4 : 3,
      sum: scaled ? "t" : "c",
      perBlock: q8Block / w.size,
      arrayA: x.array,
      arrayB: w.array,
      functions: [...new Set([x.functions, w.functions])].join(""),
    },
    indices: {
      m: over("m", range(rows)),
      n: over("n", range(cols)),
      g: over("g", range(count)),
      o: over("o", partsOf(group)),
    },
    macros: {
      loadA: (name, place) => [x.load(`${name}_`, "a", place), x.unpack(name, `${name}_`, 0)].join("\n"),
      loadB: (name, place) => w.load(name, "b", place),
      unpack: (name, raw, g) => w.unpack(name, raw, Number(g)),
      times: (a, b) => group === 1 ? `${a} * ${b}` : `dot(${a}, ${b})`,
    },
  });
  const made = kernel(name, text, {}, "", template);
  kernels.set(name, made);
  return made;
}

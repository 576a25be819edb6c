/**
 * Matrix products, by the kernel that the device's table names.
 *
 * Read `plain` (matmul.wgsl) first: it needs nothing of an adapter. The other two do the same sums faster: `subgroup`
 * (matmul/subgroup.ts) on CPU adapters, `shared` (matmul/shared.ts) on GPUs. Sums are in f32 whatever the matrices are stored in.
 *
 * @module
 */
import {
  type DeviceProfile,
  type Kernel,
  kernel,
  type Recorder,
  stored,
  type Tensor,
} from "../../gpu/mod.ts";
import { type Choice, choiceFor, shapeClass } from "./kernel_table.ts";
import { type Layout, type Lines, matmulSubgroup } from "./subgroup.ts";
import { matmulShared, type TileShape } from "./shared.ts";
import { vec8LayoutOf } from "../vec8.ts";
import plainSource from "./matmul.wgsl" with { type: "text" };

export type { Layout } from "./subgroup.ts";

/**
 * Records C = A B (`nn`), A B^T (`nt`) or A^T B (`tn`).
 *
 * @param a [M, K] (`tn`: [K, M])
 * @param b [K, N] (`nt`: [N, K])
 * @param c [M, N]; with `add` the product is added to it
 */
export function matmul(r: Recorder, layout: Layout, a: Tensor, b: Tensor, c: Tensor, add = false): void {
  const [M, K] = layout === "tn" ? [a.cols, a.rows] : [a.rows, a.cols];
  const [N, inner] = layout === "nt" ? [b.rows, b.cols] : [b.cols, b.rows];
  if (inner !== K || c.rows !== M || c.cols !== N) {
    const shapes = [a, b, c].map((t) => `${t.name} [${t.shape.join(" ")}]`).join(", ");
    throw new Error(`Cannot multiply ${layout}: shapes do not fit: ${shapes}`);
  }
  product(r, choice(r.device, layout, M, N), layout, { a, b, c }, add);
}

/** What the table says, where that kernel can run at all: few rows would leave most of a tile idle. */
function choice(device: DeviceProfile, layout: Layout, M: number, N: number): Choice {
  return M < 8 ? "plain" : choiceFor(device, shapeClass(layout, M, N));
}

/** Records a product of fitting shapes by the given kernel; {@linkcode matmul} chooses one. */
export function product(
  r: Recorder,
  choice: Choice,
  layout: Layout,
  { a, b, c }: { a: Tensor; b: Tensor; c: Tensor },
  add = false,
): void {
  const [M, N] = [c.rows, c.cols];
  const K = layout === "tn" ? a.rows : a.cols;
  const flop = 2 * M * N * K;
  const call = (made: Kernel, params: Record<string, number>, rows: number, cols: number) =>
    r.call(made, { a, b, c }, { M, K, ...params }, [Math.ceil(N / cols), Math.ceil(M / rows)], flop);
  if (choice === "plain") {
    const [aRow, aCol] = layout === "tn" ? [1, M] : [K, 1];
    const [bRow, bCol] = layout === "nt" ? [1, K] : [N, 1];
    const made = kernel("matmul", plainSource, { ADD: add }, stored(1, { a, b, c }));
    return call(made, { N, aRow, aCol, bRow, bCol }, 32, 32);
  }
  const [family, tile] = choice.split(" ");
  const [rows, cols] = tile.split("x").map(Number);
  if (family === "shared") {
    return call(matmulShared(layout, add, rows as TileShape, { a, b, c }), { N }, rows, cols);
  }
  const octets = [a, b, c].every((matrix) => matrix.cols % 8 === 0) && K % 8 === 0;
  const lines = (matrix: Tensor): Lines => octets ? vec8LayoutOf(r.device, matrix) : { single: matrix.dtype };
  const high = octets ? rows : layout === "tn" ? 16 : 32; // single numbers make long texts: compiling them takes seconds
  call(matmulSubgroup(layout, add, { a: lines(a), b: lines(b), c: lines(c) }, high), { N }, high, cols);
}

/**
 * Matrix products, and the choice of the kernel family.
 *
 * `plain` (matmul.wgsl) takes any shape on any adapter; `sg` (matmul_sg.ts) takes rows that are whole octets, on
 * an adapter with subgroups of 8 lanes, which is what software adapters have.
 *
 * @module
 */
import { kernel, type Recorder, type Tensor } from "../gpu/mod.ts";
import { type Layout, matmulSg, tileCols, tileRows } from "./matmul_sg.ts";
import plainSource from "./matmul.wgsl" with { type: "text" };

export type { Layout } from "./matmul_sg.ts";

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
  const flop = 2 * M * N * K;
  const octets = N % 8 === 0 && K % 8 === 0 && (layout !== "tn" || M % 8 === 0);
  if (r.device.subgroup === 8 && octets && M >= 8) { // fewer rows leave most of a tile idle
    const tile = tileRows(layout, M), grid = [Math.ceil(N / tileCols), Math.ceil(M / tile)] as const;
    r.call(matmulSg(layout, add, r.device.int64, tile), { a, b, c }, { M, N8: N / 8, K }, grid, flop);
    return;
  }
  const [aRow, aCol] = layout === "tn" ? [1, M] : [K, 1], [bRow, bCol] = layout === "nt" ? [1, K] : [N, 1];
  const grid = [Math.ceil(N / 32), Math.ceil(M / 32)] as const;
  r.call(
    kernel("matmul", plainSource, { ADD: add }),
    { a, b, c },
    { M, N, K, aRow, aCol, bRow, bCol },
    grid,
    flop,
  );
}

/**
 * Matrix products of square and of odd sizes, as shares of the adapter's peak.
 *
 * @module
 */
import { type Device, Recorder } from "../../src/gpu/mod.ts";
import { type Layout, matmul } from "../../src/ops/mod.ts";
import { type Figure, figureOf, type Section } from "./figure.ts";
import { measure, type Yardsticks } from "./yardsticks.ts";

/** M, N, K: whole tiles, no whole tiles, no multiples of 8. */
const sizes = [[512, 512, 512], [1024, 1024, 1024], [1000, 1000, 1000], [515, 509, 513]] as const;

/** C = A B (`nn`), A B^T (`nt`) and A^T B (`tn`). */
export async function matmulSection(device: Device, { peak }: Yardsticks): Promise<Section> {
  const figures: Figure[] = [];
  for (const [M, N, K] of sizes) {
    for (const layout of ["nn", "nt", "tn"] as const) {
      const program = await product(device, layout, M, N, K);
      const speed = await measure(program, program.flop, peak);
      figures.push(figureOf(`${layout} ${M} x ${N} x ${K}`, "GFLOP/s", speed));
      program.dispose();
    }
  }
  return {
    name: "Matrix products",
    about: "M x N x K; shares are of the adapter's arithmetic peak.",
    figures,
  };
}

/** Returns a product as a program, on uninitialised memory. */
export function product(device: Device, layout: Layout, M: number, N: number, K: number) {
  const r = new Recorder(device, "all", false);
  const a = r.tensor("a", layout === "tn" ? [K, M] : [M, K]);
  const b = r.tensor("b", layout === "nt" ? [N, K] : [K, N]);
  matmul(r, layout, a, b, r.tensor("c", [M, N]));
  return r.compile("bench: matmul");
}

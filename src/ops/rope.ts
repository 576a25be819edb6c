/**
 * Rotary position embedding (Su et al. 2021) on queries and keys.
 *
 *     (a, b) -> (a cos - b sin, a sin + b cos)        angle = position theta^(-2i / E), i < E / 2
 *
 * for each pair of a head of E numbers; the backward turns by the negative angle. Two layouts of the pairs exist:
 * `half` (i, i + E/2), which Hugging Face checkpoints and this package use, and `interleaved` (2i, 2i + 1), which the
 * original release uses; they are the same model after a permutation of the rows of Wq and Wk.
 *
 * The rotation is in place: nothing else needs the numbers before it.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import source from "./rope.wgsl" with { type: "text" };

/** Which elements of a head form a pair. */
export type RopeLayout = "half" | "interleaved";

/** What the rotation needs besides the numbers. */
export interface RopeOptions {
  /** [R] position of each row, u32. */
  positions: Tensor;
  /** [positions, 2, E / 2] cosines and sines, from {@linkcode ropeAngles}. */
  angles: Tensor;
  /** Heads to turn, counted from the first column. */
  heads: number;
  /** Numbers in a head, even. */
  headDim: number;
  /** Pairs; `half` unless said otherwise. */
  layout?: RopeLayout;
}

/** Records the rotation of the first `heads * headDim` columns of `x` [R, columns] in place, and its backward. */
export function rope(r: Recorder, x: Tensor, options: RopeOptions): Tensor {
  turn(r, x, options, true);
  r.onBackward(() => turn(r, x.grad!, options, false));
  return x;
}

function turn(r: Recorder, x: Tensor, o: RopeOptions, forward: boolean): void {
  const INTERLEAVED = o.layout === "interleaved";
  const { angles, positions, heads } = o;
  const { width, prelude } = vectorPrelude(r.device, { x, angles }, x.cols, INTERLEAVED ? 1 : o.headDim / 2);
  const constants = { E: o.headDim, INTERLEAVED, FORWARD: forward, WG: r.device.subgroup || 64 };
  const params = { rows: x.rows, stride: x.cols / width, heads };
  r.call(kernel("rope", source, constants, prelude), { positions, angles, x }, params, grid2d(x.rows));
}

/**
 * Cosines and sines for positions 0 .. `positions` - 1, computed in float64: [positions, 2, headDim / 2]. The rate of
 * pair i is theta^(-2i / headDim), slowed down by `divisors[i]` where a context is stretched.
 */
export function ropeAngles(
  positions: number,
  headDim: number,
  theta: number,
  divisors?: readonly number[],
): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const out = new Float32Array(positions * half * 2);
  for (let i = 0; i < half; i++) {
    const rate = theta ** (-2 * i / headDim) / (divisors?.[i] ?? 1);
    for (let position = 0; position < positions; position++) {
      const at = position * headDim + i;
      out[at] = Math.cos(position * rate);
      out[at + half] = Math.sin(position * rate);
    }
  }
  return out;
}

/** Reorders the rows of Wq or Wk [heads * headDim, columns] from pairs (i, i + E/2) to pairs (2i, 2i + 1), or back. */
export function permuteRopeRows(
  weight: Float32Array,
  heads: number,
  headDim: number,
  to: RopeLayout,
): Float32Array<ArrayBuffer> {
  const columns = weight.length / (heads * headDim);
  const half = headDim / 2;
  const out = new Float32Array(weight.length);
  for (let row = 0; row < heads * headDim; row++) {
    const head = Math.floor(row / headDim) * headDim;
    const i = row % headDim;
    const other = head + (i < half ? 2 * i : 2 * (i - half) + 1);
    const [from, into] = to === "interleaved" ? [row, other] : [other, row];
    out.set(weight.subarray(from * columns, (from + 1) * columns), into * columns);
  }
  return out;
}

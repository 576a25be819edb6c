/**
 * Rotary position embedding (RoPE) of queries and keys, after Su and others, 2021.
 *
 *     (a, b)   <- (a cos - b sin, a sin + b cos)            angle = position theta^(-2i / E), i < E / 2
 *     (da, db) <- (da cos + db sin, db cos - da sin)
 *
 * where (a, b) is pair i of a head, of which x [R, C] holds several side by side. Two layouts of the pairs exist: `half`
 * (i, i + E/2), which Hugging Face checkpoints and this package use, and `interleaved` (2i, 2i + 1), which the original
 * release uses. A permutation of the rows of Wq and Wk turns one into the other.
 *
 * The rotation is in place, since no other op reads the numbers before it.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor, vectorPrelude } from "../gpu/mod.ts";
import source from "./rope.wgsl" with { type: "text" };

/** The pairs of a head: (i, i + E/2) or (2i, 2i + 1). */
export type RopeLayout = "half" | "interleaved";

/** Tensors and sizes of a rotation. */
export interface RopeOptions {
  /** [R] position of each row, u32. */
  positions: Tensor;
  /** [positions, 2, E / 2] cosines and sines of {@linkcode ropeAngles}. */
  angles: Tensor;
  /** Number of heads to rotate, from the first column on. */
  heads: number;
  /** Numbers in a head, E: even. */
  headDim: number;
  /** Layout of the pairs, default `half`. */
  layout?: RopeLayout;
}

/** Records the rotation of the first `heads * headDim` columns of `x` [R, C] in place, and its backward; returns `x`. */
export function rope(r: Recorder, x: Tensor, options: RopeOptions): Tensor {
  rotate(r, x, options, true);
  r.onBackward(() => rotate(r, x.grad!, options, false));
  return x;
}

function rotate(r: Recorder, x: Tensor, o: RopeOptions, forward: boolean): void {
  const INTERLEAVED = o.layout === "interleaved";
  const { angles, positions, heads } = o;
  const { width, prelude } = vectorPrelude(r.device, { x, angles }, x.cols, INTERLEAVED ? 1 : o.headDim / 2);
  const constants = { E: o.headDim, INTERLEAVED, FORWARD: forward, WG: r.device.subgroup || 64 };
  const params = { rows: x.rows, stride: x.cols / width, heads };
  r.call(kernel("rope", source, constants, prelude), { positions, angles, x }, params, grid2d(x.rows));
}

/**
 * Returns cosines and sines for positions 0 .. `positions` - 1, computed in float64: [positions, 2, headDim / 2]. The
 * angle per position of pair i is theta^(-2i / headDim), divided by `divisors[i]` where a context is extended; `scale`
 * multiplies cosines and sines.
 */
export function ropeAngles(
  positions: number,
  headDim: number,
  theta: number,
  divisors?: readonly number[],
  scale = 1,
): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const out = new Float32Array(positions * half * 2);
  for (let i = 0; i < half; i++) {
    const rate = theta ** (-2 * i / headDim) / (divisors?.[i] ?? 1);
    for (let position = 0; position < positions; position++) {
      const at = position * headDim + i;
      out[at] = scale * Math.cos(position * rate);
      out[at + half] = scale * Math.sin(position * rate);
    }
  }
  return out;
}

/**
 * Returns Wq or Wk [heads * headDim, C] with its rows reordered to the layout `to` from the other one; rows of packed bytes
 * likewise.
 */
export function permuteRopeRows<Rows extends Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  weight: Rows,
  heads: number,
  headDim: number,
  to: RopeLayout,
): Rows {
  const columns = weight.length / (heads * headDim);
  const half = headDim / 2;
  const out = weight.slice() as Rows;
  for (let row = 0; row < heads * headDim; row++) {
    const head = Math.floor(row / headDim) * headDim;
    const i = row % headDim;
    const other = head + (i < half ? 2 * i : 2 * (i - half) + 1);
    const [from, into] = to === "interleaved" ? [row, other] : [other, row];
    out.set(weight.subarray(from * columns, (from + 1) * columns), into * columns);
  }
  return out;
}

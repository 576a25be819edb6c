/**
 * The few lines of WGSL that kernels share, in the form that suits the shape and the adapter.
 *
 * `Vec` is four floats where rows are whole fours and one float elsewhere: a kernel is written once for both.
 * `sumAll` and `maxAll` reduce over a workgroup: with subgroups the workgroup is one subgroup and needs no barrier;
 * without them a tree in shared memory does it.
 *
 * @module
 */
import type { Target } from "./device.ts";
import type { Tensor } from "./tensor.ts";

const vec4 = `alias Vec = vec4<f32>;
const W = 4u; // floats in a Vec
fn total(v: Vec) -> f32 { return v.x + v.y + v.z + v.w; }
fn largest(v: Vec) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
`;

const scalar = `alias Vec = f32;
const W = 1u; // floats in a Vec
fn total(v: Vec) -> f32 { return v; }
fn largest(v: Vec) -> f32 { return v; }
`;

/** Floats in a `Vec` for rows whose lengths are all in `lengths`: 4 or 1. */
export function width(...lengths: number[]): 1 | 4 {
  return lengths.every((n) => n % 4 === 0) ? 4 : 1;
}

/** WGSL for `Vec`, `W`, `total` and `largest`. */
export function vectors(width: 1 | 4): string {
  return width === 4 ? vec4 : scalar;
}

/**
 * WGSL for how tensors lie in memory: `alias x_t = vec4<f16>;` for a tensor `x` of halves. Kernels compute in f32 whatever
 * they store: they read `Vec(x[i])` and write `y[i] = y_t(value)`.
 */
export function stored(width: 1 | 4, tensors: Readonly<Record<string, Pick<Tensor, "dtype">>>): string {
  return Object.entries(tensors)
    .map(([name, { dtype }]) => `alias ${name}_t = ${width === 4 ? `vec4<${dtype}>` : dtype};\n`).join("");
}

const bySubgroup = `fn sumAll(x: f32, lane: u32) -> f32 { return subgroupAdd(x); }
fn maxAll(x: f32, lane: u32) -> f32 { return subgroupMax(x); }
`;

const byTree = `var<workgroup> scratch: array<f32, WG>;
fn sumAll(x: f32, lane: u32) -> f32 {
  scratch[lane] = x;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { scratch[lane] += scratch[lane + half]; }
    workgroupBarrier();
  }
  let all = scratch[0];
  workgroupBarrier();
  return all;
}
fn maxAll(x: f32, lane: u32) -> f32 {
  scratch[lane] = x;
  workgroupBarrier();
  for (var half = WG / 2u; half > 0u; half /= 2u) {
    if (lane < half) { scratch[lane] = max(scratch[lane], scratch[lane + half]); }
    workgroupBarrier();
  }
  let all = scratch[0];
  workgroupBarrier();
  return all;
}
`;

/** WGSL for `WG` (the workgroup size), `sumAll` and `maxAll` on this device. */
export function reductions(device: Target): string {
  return device.subgroup ? `const WG = ${device.subgroup}u;\n${bySubgroup}` : `const WG = 64u;\n${byTree}`;
}

/** Workgroups in x and y, and in z where a kernel uses it. */
export type Grid = readonly [number, number?, number?];

/** A grid of at least `n` workgroups that respects the limit of 65,535 a dimension; the kernel counts `w.y * groups.x + w.x`. */
export function fold(n: number): Grid {
  const x = Math.min(n, 32768);
  return [Math.max(1, x), Math.max(1, Math.ceil(n / x))];
}

/**
 * The lines of WGSL that kernels share, in the form that suits the shapes and the adapter.
 *
 * `Vec` is four floats where the lengths of rows are multiples of 4, and one float elsewhere: a kernel is written once for
 * both. `sumAll` and `maxAll` reduce over a workgroup. In the family `subgroup` the workgroup is one subgroup and needs
 * no barrier; GPUs reduce in subgroups first, and across them through workgroup memory; without subgroups the sum runs as
 * a tree there.
 *
 * @module
 */
import type { DeviceProfile } from "./device.ts";
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

/**
 * Returns the WGSL of elementwise kernels on `tensors`, whose rows have these `lengths`, and the floats in a `Vec`.
 *
 * It declares `Vec`, `W`, `total` and `largest` as {@linkcode vectors} does, `times(a, b)` for the product by elements, and for each
 * tensor `x` its type in memory `x_t` with the functions `x_vec` and `x_put` from and to a `Vec`. A software adapter pays
 * for each load, not for each byte: there a `Vec` holds eight floats, loaded as four 64-bit words where those are
 * granted, with elements 0, 2, 4, 6 in its first column and 1, 3, 5, 7 in its second.
 */
export function vectorPrelude(
  device: DeviceProfile,
  tensors: Readonly<Record<string, Pick<Tensor, "dtype">>>,
  ...lengths: number[]
): { width: 1 | 4 | 8; prelude: string } {
  const floats = Object.values(tensors).every(({ dtype }) => dtype === "f32");
  const names = Object.keys(tensors);
  if (device.family !== "subgroup" || !floats || lengths.some((n) => n % 8 !== 0)) {
    const w = width(...lengths);
    const times = "fn times(a: Vec, b: Vec) -> Vec { return a * b; }\n";
    const moves = names.map((x) =>
      `fn ${x}_vec(v: ${x}_t) -> Vec { return Vec(v); }\nfn ${x}_put(v: Vec) -> ${x}_t { return ${x}_t(v); }\n`
    );
    return { width: w, prelude: vectors(w) + times + stored(w, tensors) + moves.join("") };
  }
  return { width: 8, prelude: vec8Prelude(device, ...names) };
}

/** Returns the WGSL of {@linkcode vectorPrelude} for f32 tensors, by eights on every device: `Vec` is `mat2x4<f32>`. */
export function vec8Prelude(device: DeviceProfile, ...tensors: string[]): string {
  const words = device.family === "subgroup" && device.int64;
  const type = words ? "vec4<u64>" : "Vec";
  return vec8 + (words ? packedWords : packedFloats) +
    tensors.map((x) =>
      `alias ${x}_t = ${type};\nfn ${x}_vec(v: ${type}) -> Vec { return unpacked(v); }\n` +
      `fn ${x}_put(v: Vec) -> ${type} { return packed(v); }\n`
    ).join("");
}

const vec8 = `alias Vec = mat2x4<f32>;
const W = 8u; // floats in a Vec
fn total(v: Vec) -> f32 { let sum = v[0] + v[1]; return sum.x + sum.y + sum.z + sum.w; }
fn largest(v: Vec) -> f32 { let most = max(v[0], v[1]); return max(max(most.x, most.y), max(most.z, most.w)); }
fn times(a: Vec, b: Vec) -> Vec { return Vec(a[0] * b[0], a[1] * b[1]); }
`;

/** WGSL between four 64-bit words and the eight floats in them: elements 0, 2, 4, 6 (`l`) and 1, 3, 5, 7 (`h`). */
export const wordFloats = `fn lo(x: vec4<u64>) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(x)); }
fn hi(x: vec4<u64>) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(x >> vec4<u32>(32u))); }
fn pack(l: vec4<f32>, h: vec4<f32>) -> vec4<u64> {
  return vec4<u64>(bitcast<vec4<u32>>(l)) | (vec4<u64>(bitcast<vec4<u32>>(h)) << vec4<u32>(32u));
}
`;

const packedWords = `const EVENS = vec4<u32>(0u, 2u, 4u, 6u);
const ELEMENTS = array<vec4<u32>, 2>(EVENS, EVENS + 1u); // of a Vec in memory, by column
${wordFloats}fn unpacked(x: vec4<u64>) -> Vec { return Vec(lo(x), hi(x)); }
fn packed(v: Vec) -> vec4<u64> { return pack(v[0], v[1]); }
`;

const packedFloats = `const FIRST = vec4<u32>(0u, 1u, 2u, 3u);
const ELEMENTS = array<vec4<u32>, 2>(FIRST, FIRST + 4u); // of a Vec in memory, by column
fn unpacked(x: Vec) -> Vec { return x; }
fn packed(v: Vec) -> Vec { return v; }
`;

/** Returns the floats in a `Vec` for rows of these lengths: 4 where all are multiples of 4, else 1. */
export function width(...lengths: number[]): 1 | 4 {
  return lengths.every((n) => n % 4 === 0) ? 4 : 1;
}

/** Returns WGSL for `Vec`, `W` (floats in a `Vec`), `total` and `largest` (the sum and the maximum over a `Vec`). */
export function vectors(width: 1 | 4): string {
  return width === 4 ? vec4 : scalar;
}

/**
 * Returns WGSL for the types of tensors in memory: `alias x_t = vec4<f16>;` for a tensor `x` of halves. Kernels compute in
 * f32 whatever they store: they read `Vec(x[i])` and write `y[i] = y_t(value)`.
 */
export function stored(width: 1 | 4, tensors: Readonly<Record<string, Pick<Tensor, "dtype">>>): string {
  return Object.entries(tensors)
    .map(([name, { dtype }]) => `alias ${name}_t = ${width === 4 ? `vec4<${dtype}>` : dtype};\n`).join("");
}

/** Returns true for halves that kernels read as words of two, since the device has no shader-f16. */
export function isPacked(device: DeviceProfile, { dtype }: Pick<Tensor, "dtype">): boolean {
  return dtype === "f16" && !device.f16;
}

/**
 * Returns WGSL for reading weights: for a tensor `x` its type in memory `x_t`, and `x_at(i)`, the i-th `Vec` of the buffer
 * `x` in f32. Halves are packed where the device has no shader-f16. Bytes of "q8" are read by fours, with their scales
 * from the buffer `x_scales: array<u32>`.
 */
export function weightReaders(
  device: DeviceProfile,
  width: 1 | 4,
  tensors: Readonly<Record<string, Pick<Tensor, "dtype">>>,
): string {
  return Object.entries(tensors).map(([x, { dtype }]) => {
    if (dtype === "q8") return bytesReader(x);
    if (!isPacked(device, { dtype })) {
      return stored(width, { [x]: { dtype } }) + `fn ${x}_at(i: u32) -> Vec { return Vec(${x}[i]); }\n`;
    }
    return width === 4 ? packedFoursReader(x) : packedReader(x);
  }).join("");
}

const packedReader = (x: string) =>
  `alias ${x}_t = u32;
fn ${x}_at(i: u32) -> Vec { return unpack2x16float(${x}[i / 2u])[i % 2u]; }
`;

const packedFoursReader = (x: string) =>
  `alias ${x}_t = vec2<u32>;
fn ${x}_at(i: u32) -> Vec {
  let word = ${x}[i];
  return vec4<f32>(unpack2x16float(word.x), unpack2x16float(word.y));
}
`;

const bytesReader = (x: string) =>
  `alias ${x}_t = u32;
fn ${x}_at(i: u32) -> Vec {
  let word = ${x}[i];
  let bytes = bitcast<vec4<i32>>(vec4<u32>(word << 24u, word << 16u, word << 8u, word)) >> vec4<u32>(24u);
  return vec4<f32>(bytes) * unpack2x16float(${x}_scales[i / 16u])[i / 8u % 2u];
}
`;

const bySubgroup = `fn sumAll(x: f32, lane: u32) -> f32 { return subgroupAdd(x); }
fn maxAll(x: f32, lane: u32) -> f32 { return subgroupMax(x); }
`;

// Subgroups may have any number of lanes, and not all the same (GPUs have 4 to 128). Nothing is assumed about which lanes
// form one: each subgroup counts its active lanes, and they share out what all lanes left in workgroup memory.
const byAnySubgroups = `var<workgroup> scratch: array<f32, WG>;
fn sumAll(x: f32, lane: u32) -> f32 {
  let own = subgroupAdd(x);
  let rank = subgroupExclusiveAdd(1u);
  let lanes = subgroupAdd(1u);
  scratch[lane] = select(0.0, own, rank == 0u);
  workgroupBarrier();
  var some = 0.0;
  for (var i = rank; i < WG; i += lanes) { some += scratch[i]; }
  let all = subgroupAdd(some);
  workgroupBarrier();
  return all;
}
fn maxAll(x: f32, lane: u32) -> f32 {
  let rank = subgroupExclusiveAdd(1u);
  let lanes = subgroupAdd(1u);
  scratch[lane] = subgroupMax(x);
  workgroupBarrier();
  var some = x;
  for (var i = rank; i < WG; i += lanes) { some = max(some, scratch[i]); }
  let all = subgroupMax(some);
  workgroupBarrier();
  return all;
}
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

/**
 * Returns WGSL for `WG` (the workgroup size), `sumAll` and `maxAll` (the sum and the maximum over a workgroup, the same in
 * every lane).
 */
export function reductions({ family, subgroup, subgroups }: DeviceProfile): string {
  if (family === "subgroup") return `const WG = ${subgroup}u;\n${bySubgroup}`;
  return `const WG = 64u;\n${subgroups ? byAnySubgroups : byTree}`;
}

/** Workgroups in x and y, and in z where a kernel uses it. */
export type Workgroups = readonly [number, number?, number?];

/** Returns a grid of at least `n` workgroups, at most 65,535 per dimension; the index is `w.y * groups.x + w.x`. */
export function grid2d(n: number): Workgroups {
  const x = Math.min(n, 32768);
  return [Math.max(1, x), Math.max(1, Math.ceil(n / x))];
}

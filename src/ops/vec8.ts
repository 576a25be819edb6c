/**
 * Eight neighbouring numbers as the unit of memory access, for kernels on software adapters.
 *
 * A software adapter pays for each load, not for each byte. Where 64-bit integers are granted, eight floats are one load
 * of a `vec4<u64>`, elsewhere two loads of a `vec4<f32>`; eight halves are one load of a `vec4<u32>`. In registers they
 * are a pair of `vec4<f32>`: `l` holds elements 0, 2, 4, 6 and `h` elements 1, 3, 5, 7. Sums do not depend on that order.
 *
 * @module
 */
import { type DeviceProfile, type Tensor, wordFloats } from "../gpu/mod.ts";

/** The form of eight numbers in memory: floats in four 64-bit words, floats in two vec4, or halves. */
export type Vec8Layout = "u64" | "f32" | "f16";

/** Returns the layout that a tensor has on a device. */
export function vec8LayoutOf(device: DeviceProfile, tensor: Pick<Tensor, "dtype">): Vec8Layout {
  return tensor.dtype === "f16" ? "f16" : device.int64 ? "u64" : "f32";
}

/** Returns the WGSL type of a buffer in this layout. */
export function vec8Array(layout: Vec8Layout): string {
  return { u64: "array<vec4<u64>>", f32: "array<vec4<f32>>", f16: "array<vec4<u32>>" }[layout];
}

/** Returns WGSL that loads the eight numbers at `place` of `buffer` into `name`l and `name`h. */
export function load(layout: Vec8Layout, name: string, buffer: string, place: string): string {
  if (layout === "f32") {
    return `let ${name}i = (${place}) * 2u;
let ${name}p = ${buffer}[${name}i];
let ${name}q = ${buffer}[${name}i + 1u];
let ${name}l = vec4<f32>(${name}p.xz, ${name}q.xz);
let ${name}h = vec4<f32>(${name}p.yw, ${name}q.yw);`;
  }
  const [lo, hi] = layout === "u64" ? ["lo", "hi"] : ["half_lo", "half_hi"];
  return `let ${name}r = ${buffer}[${place}];
let ${name}l = ${lo}(${name}r);
let ${name}h = ${hi}(${name}r);`;
}

/** Returns WGSL that stores the pair (`l`, `h`) as the eight numbers at `place` of `buffer`. */
export function store(layout: Vec8Layout, buffer: string, place: string, l: string, h: string): string {
  if (layout === "u64") return `${buffer}[${place}] = pack(${l}, ${h});`;
  if (layout === "f16") return `${buffer}[${place}] = half_pack(${l}, ${h});`;
  return `{
  let at_ = (${place}) * 2u;
  let l_ = ${l};
  let h_ = ${h};
  ${buffer}[at_] = vec4<f32>(l_.x, h_.x, l_.y, h_.y);
  ${buffer}[at_ + 1u] = vec4<f32>(l_.z, h_.z, l_.w, h_.w);
}`;
}

/** Returns the WGSL functions that {@linkcode load} and {@linkcode store} call for these layouts. */
export function vec8Functions(...layouts: readonly Vec8Layout[]): string {
  return [...new Set(layouts)].map((layout) => functions[layout]).join("");
}

const functions: Readonly<Record<Vec8Layout, string>> = {
  f32: "",
  u64: wordFloats,
  f16: `fn half_lo(x: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(x.x).x, unpack2x16float(x.y).x, unpack2x16float(x.z).x, unpack2x16float(x.w).x);
}
fn half_hi(x: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(x.x).y, unpack2x16float(x.y).y, unpack2x16float(x.z).y, unpack2x16float(x.w).y);
}
fn half_pack(l: vec4<f32>, h: vec4<f32>) -> vec4<u32> {
  return vec4<u32>(pack2x16float(vec2<f32>(l.x, h.x)), pack2x16float(vec2<f32>(l.y, h.y)),
    pack2x16float(vec2<f32>(l.z, h.z)), pack2x16float(vec2<f32>(l.w, h.w)));
}
`,
};

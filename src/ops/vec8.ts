/**
 * Octets: eight neighbouring numbers as the unit of memory access, for kernels on CPU adapters.
 *
 * A software adapter pays for each load, not for each byte. Where 64-bit integers are granted an octet of floats is one
 * `vec4<u64>` load, else two `vec4<f32>`; an octet of halves is one `vec4<u32>`. In registers an octet is a pair of
 * `vec4<f32>`: `l` holds elements 0, 2, 4, 6 and `h` elements 1, 3, 5, 7. Sums do not care about that order.
 *
 * @module
 */
import { type DeviceProfile, type Tensor, wordFloats } from "../gpu/mod.ts";

/** How octets lie in memory: floats in 64-bit words, floats by fours, halves. */
export type Vec8Layout = "u64" | "f32" | "f16";

/** How the octets of a tensor lie in memory on a device. */
export function vec8LayoutOf(device: DeviceProfile, tensor: Pick<Tensor, "dtype">): Vec8Layout {
  return tensor.dtype === "f16" ? "f16" : device.int64 ? "u64" : "f32";
}

/** WGSL type of an array of octets. */
export function vec8Array(octets: Vec8Layout): string {
  return { u64: "array<vec4<u64>>", f32: "array<vec4<f32>>", f16: "array<vec4<u32>>" }[octets];
}

/** WGSL that loads octet `at` of `buffer` into `name`+"l" and `name`+"h". */
export function load(octets: Vec8Layout, name: string, buffer: string, at: string): string {
  if (octets === "f32") {
    return `let ${name}i=(${at})*2u; let ${name}p=${buffer}[${name}i]; let ${name}q=${buffer}[${name}i+1u]; ` +
      `let ${name}l=vec4<f32>(${name}p.xz,${name}q.xz); let ${name}h=vec4<f32>(${name}p.yw,${name}q.yw);`;
  }
  const [lo, hi] = octets === "u64" ? ["lo", "hi"] : ["half_lo", "half_hi"];
  return `let ${name}r=${buffer}[${at}]; let ${name}l=${lo}(${name}r); let ${name}h=${hi}(${name}r);`;
}

/** WGSL that stores the pair (`l`, `h`) as octet `at` of `buffer`. */
export function store(octets: Vec8Layout, buffer: string, at: string, l: string, h: string): string {
  if (octets === "u64") return `${buffer}[${at}]=pack(${l},${h});`;
  if (octets === "f16") return `${buffer}[${at}]=half_pack(${l},${h});`;
  return `{ let at_=(${at})*2u; let l_=${l}; let h_=${h}; ` +
    `${buffer}[at_]=vec4<f32>(l_.x,h_.x,l_.y,h_.y); ${buffer}[at_+1u]=vec4<f32>(l_.z,h_.z,l_.w,h_.w); }`;
}

/** The functions that octets of these kinds need. */
export function vec8Functions(...kinds: readonly Vec8Layout[]): string {
  return [...new Set(kinds)].map((octets) => functions[octets]).join("");
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

/** 0, 1, ... n - 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/**
 * Octets: eight neighbouring floats as the unit of memory access, for kernels on CPU adapters.
 *
 * A software adapter pays for each load, not for each byte. Where 64-bit integers are granted an octet is one
 * `vec4<u64>` load, else two `vec4<f32>`. In registers an octet is a pair: `l` holds elements 0, 2, 4, 6 and `h`
 * elements 1, 3, 5, 7. Sums do not care about that order.
 *
 * @module
 */

/** WGSL type of an array of octets. */
export function octets(wide: boolean): string {
  return wide ? "array<vec4<u64>>" : "array<vec4<f32>>";
}

/** WGSL that loads octet `at` of `buffer` into `name`+"l" and `name`+"h". */
export function load(wide: boolean, name: string, buffer: string, at: string): string {
  if (wide) return `let ${name}r=${buffer}[${at}]; let ${name}l=lo(${name}r); let ${name}h=hi(${name}r);`;
  return `let ${name}i=(${at})*2u; let ${name}p=${buffer}[${name}i]; let ${name}q=${buffer}[${name}i+1u]; ` +
    `let ${name}l=vec4<f32>(${name}p.xz,${name}q.xz); let ${name}h=vec4<f32>(${name}p.yw,${name}q.yw);`;
}

/** WGSL that stores the pair (`l`, `h`) as octet `at` of `buffer`. */
export function store(wide: boolean, buffer: string, at: string, l: string, h: string): string {
  if (wide) return `${buffer}[${at}]=pack(${l},${h});`;
  return `{ let at_=(${at})*2u; let l_=${l}; let h_=${h}; ` +
    `${buffer}[at_]=vec4<f32>(l_.x,h_.x,l_.y,h_.y); ${buffer}[at_+1u]=vec4<f32>(l_.z,h_.z,l_.w,h_.w); }`;
}

/** The functions that the 64-bit form needs. */
export function octetFunctions(wide: boolean): string {
  if (!wide) return "";
  return `fn lo(x: vec4<u64>) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(x)); }
fn hi(x: vec4<u64>) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(x >> vec4<u32>(32u))); }
fn pack(l: vec4<f32>, h: vec4<f32>) -> vec4<u64> {
  return vec4<u64>(bitcast<vec4<u32>>(l)) | (vec4<u64>(bitcast<vec4<u32>>(h)) << vec4<u32>(32u));
}
`;
}

/** 0, 1, ... n - 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

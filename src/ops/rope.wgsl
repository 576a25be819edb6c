//     (a, b) <- (a cos - b sin, a sin + b cos)        angle = position theta^(-2i / E), i < E / 2
//
// where (a, b) is pair i of a head: columns i and i + E/2 of it, with INTERLEAVED 2i and 2i + 1. x is [R, stride], in place;
// its first `heads` heads of E numbers are rotated. Without FORWARD the angle is negative: the backward pass turns back. One
// workgroup per row; an invocation rotates a Vec of pairs at once where half a head is a whole number of Vecs. The host makes
// the table of cosines and sines in float64, since WGSL's sin and cos are exact to 2^-11 only.
@group(0) @binding(0) var<storage, read> positions: array<u32>;   // [R]
@group(0) @binding(1) var<storage, read> angles: array<angles_t>; // [positions, 2, E / 2] cosines, then sines
@group(0) @binding(2) var<storage, read_write> x: array<x_t>;     // [R, stride], the first heads * E columns are rotated
struct Params { rows: u32, stride: u32, heads: u32 } // stride in Vecs
@group(0) @binding(3) var<uniform> p: Params;

const HALF = E / 2u / W; // Vecs in half a head

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let table = positions[row] * 2u * HALF;
  for (var n = lane; n < p.heads * HALF; n += WG) {
    let i = n % HALF;
    let start = row * p.stride + n / HALF * 2u * HALF;
    let first = start + select(i, 2u * i, INTERLEAVED);
    let second = start + select(i + HALF, 2u * i + 1u, INTERLEAVED);
    let c = angles_vec(angles[table + i]);
    let s = angles_vec(angles[table + HALF + i]) * select(-1.0, 1.0, FORWARD);
    let a = x_vec(x[first]);
    let b = x_vec(x[second]);
    x[first] = x_put(times(a, c) - times(b, s));
    x[second] = x_put(times(a, s) + times(b, c));
  }
}

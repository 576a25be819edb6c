//     y_i = g_i x_i r        r = 1 / sqrt(mean_i(x_i^2) + eps)
//
// where x and y are [R, D], g is [D], r is [R], and i runs over the D numbers of a row. One workgroup per row: each lane adds
// the squares of its Vecs, sumAll adds those of all lanes, and each lane writes its Vecs of y. r is kept for the backward pass.
@group(0) @binding(0) var<storage, read> x: array<x_t>;             // [R, D]
@group(0) @binding(1) var<storage, read> g: array<g_t>;             // [D]
@group(0) @binding(2) var<storage, read_write> y: array<y_t>;       // [R, D]
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;   // [R] r, kept for the backward pass
struct Params { rows: u32, cols: u32, eps: f32 } // cols in Vecs
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let base = row * p.cols;
  var squares = 0.0;
  for (var c = lane; c < p.cols; c += WG) { let v = x_vec(x[base + c]); squares += total(times(v, v)); }
  let mean = sumAll(squares, lane) / f32(p.cols * W);
  let r = inverseSqrt(mean + p.eps);
  for (var c = lane; c < p.cols; c += WG) { y[base + c] = y_put(times(x_vec(x[base + c]) * r, g_vec(g[c]))); }
  if (lane == 0u) { scale[row] = r; }
}

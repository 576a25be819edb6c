//     y_i = (x_i - m) r g_i + b_i        m = mean_i(x_i)        r = 1 / sqrt(mean_i((x_i - m)^2) + eps)
//
// where x and y are [R, D], g and b are [D], m and r are [R], and i runs over the D numbers of a row. One workgroup per row:
// the lanes find m, then r, then each writes its Vecs of y. m and r are kept for the backward pass.
@group(0) @binding(0) var<storage, read> x: array<x_t>;                   // [R, D]
@group(0) @binding(1) var<storage, read> g: array<g_t>;                   // [D]
@group(0) @binding(2) var<storage, read> b: array<b_t>;                   // [D]
@group(0) @binding(3) var<storage, read_write> y: array<y_t>;             // [R, D]
@group(0) @binding(4) var<storage, read_write> stats: array<vec2<f32>>;   // [R, 2] m and r, kept for the backward pass
struct Params { rows: u32, cols: u32, eps: f32 } // cols in Vecs
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let base = row * p.cols;
  var sum = 0.0;
  for (var c = lane; c < p.cols; c += WG) { sum += total(x_vec(x[base + c])); }
  let m = sumAll(sum, lane) / f32(p.cols * W);
  var squares = 0.0;
  for (var c = lane; c < p.cols; c += WG) {
    let v = centred(x_vec(x[base + c]), m);
    squares += total(times(v, v));
  }
  let r = inverseSqrt(sumAll(squares, lane) / f32(p.cols * W) + p.eps);
  for (var c = lane; c < p.cols; c += WG) {
    y[base + c] = y_put(times(centred(x_vec(x[base + c]), m) * r, g_vec(g[c])) + b_vec(b[c]));
  }
  if (lane == 0u) { stats[row] = vec2<f32>(m, r); }
}

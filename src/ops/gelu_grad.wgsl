//     dx = dy (Phi(x) + x phi(x))        phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
//
// where x, dy and dx are [R, F], and Phi is that of gelu.wgsl. One workgroup per row: each lane computes every WG-th Vec of it.
@group(0) @binding(0) var<storage, read> x: array<x_t>;            // [R, F]
@group(0) @binding(1) var<storage, read> dy: array<dy_t>;          // [R, F]
@group(0) @binding(2) var<storage, read_write> dx: array<dx_t>;    // [R, F]
struct Params { rows: u32, cols: u32 } // cols = F in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    let at = row * p.cols + c;
    let v = x_vec(x[at]);
    dx[at] = dx_put(times(dy_vec(dy[at]), share(v) + times(v, density(v))));
  }
}

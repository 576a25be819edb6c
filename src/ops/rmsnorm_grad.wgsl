//     dx_i = base_i + r (dy_i g_i - xh_i mean_i(dy_i g_i xh_i))        xh_i = x_i r
//
// where x, dy, base and dx are [R, D], g is [D], r is [R], and i runs over the D numbers of a row. `base` is the gradient that
// reached x through the residual connection: this kernel adds it, instead of one more; without BASE it is left out. One
// workgroup per row: each lane adds the products of its Vecs, sumAll adds those of all lanes, each lane writes its Vecs of dx.
@group(0) @binding(0) var<storage, read> x: array<x_t>;              // [R, D]
@group(0) @binding(1) var<storage, read> g: array<g_t>;              // [D]
@group(0) @binding(2) var<storage, read> scale: array<f32>;          // [R]
@group(0) @binding(3) var<storage, read> dy: array<dy_t>;            // [R, D]
@group(0) @binding(4) var<storage, read> base: array<base_t>;        // [R, D], read only where BASE
@group(0) @binding(5) var<storage, read_write> dx: array<dx_t>;      // [R, D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(6) var<uniform> p: Params;

fn dxh(start: u32, c: u32) -> Vec { return times(dy_vec(dy[start + c]), g_vec(g[c])); } // the gradient of xh

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let start = row * p.cols;
  let r = scale[row];
  var dots = 0.0;
  for (var c = lane; c < p.cols; c += WG) { dots += total(times(dxh(start, c), x_vec(x[start + c]))); }
  let mean = sumAll(dots, lane) * r / f32(p.cols * W);
  for (var c = lane; c < p.cols; c += WG) {
    let own = (dxh(start, c) - x_vec(x[start + c]) * (r * mean)) * r;
    if (BASE) { dx[start + c] = dx_put(base_vec(base[start + c]) + own); } else { dx[start + c] = dx_put(own); }
  }
}

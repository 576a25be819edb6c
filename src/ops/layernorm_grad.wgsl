//     dx_i = base_i + r (dy_i g_i - mean_i(dy_i g_i) - xh_i mean_i(dy_i g_i xh_i))        xh_i = (x_i - m) r
//
// where x, dy, base and dx are [R, D], g is [D], m and r are [R], and i runs over the D numbers of a row. `base` is the gradient
// that reached x through the residual connection: this kernel adds it, instead of one more; without BASE it is left out. One
// workgroup per row: the lanes find both means, then each writes its Vecs of dx.
@group(0) @binding(0) var<storage, read> x: array<x_t>;              // [R, D]
@group(0) @binding(1) var<storage, read> g: array<g_t>;              // [D]
@group(0) @binding(2) var<storage, read> stats: array<vec2<f32>>;    // [R, 2] m and r
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
  let m = stats[row].x;
  let r = stats[row].y;
  var sum = 0.0;
  var dots = 0.0;
  for (var c = lane; c < p.cols; c += WG) {
    let d = dxh(start, c);
    sum += total(d);
    dots += total(times(d, centred(x_vec(x[start + c]), m)));
  }
  let size = f32(p.cols * W);
  let mean = sumAll(sum, lane) / size;
  let along = sumAll(dots, lane) * r / size;
  for (var c = lane; c < p.cols; c += WG) {
    let own = centred(dxh(start, c) - centred(x_vec(x[start + c]), m) * (r * along), mean) * r;
    if (BASE) { dx[start + c] = dx_put(base_vec(base[start + c]) + own); } else { dx[start + c] = dx_put(own); }
  }
}

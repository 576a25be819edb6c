// dx = base + r (dy g - xh mean(dy g xh)), xh = x r: one workgroup a row.
// `base` is the gradient that reached x by another way (the residual), so that no pass of its own is spent on the sum.
@group(0) @binding(0) var<storage, read> x: array<x_t>;              // [R, D]
@group(0) @binding(1) var<storage, read> g: array<Vec>;              // [D]
@group(0) @binding(2) var<storage, read> scale: array<f32>;          // [R]
@group(0) @binding(3) var<storage, read> dy: array<Vec>;             // [R, D]
@group(0) @binding(4) var<storage, read> base: array<Vec>;           // [R, D], read only where BASE
@group(0) @binding(5) var<storage, read_write> dx: array<Vec>;       // [R, D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let start = row * p.cols;
  let r = scale[row];
  var dots = 0.0;
  for (var c = lane; c < p.cols; c += WG) { dots += total(dy[start + c] * g[c] * Vec(x[start + c])); }
  let mean = sumAll(dots, lane) * r / f32(p.cols * W);
  for (var c = lane; c < p.cols; c += WG) {
    let own = r * (dy[start + c] * g[c] - Vec(x[start + c]) * r * mean);
    if (BASE) { dx[start + c] = base[start + c] + own; } else { dx[start + c] = own; }
  }
}

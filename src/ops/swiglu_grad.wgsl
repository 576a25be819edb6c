// da = dy b s (1 + a (1 - s)), db = dy a s, with s = sigmoid(a): one workgroup per row.
@group(0) @binding(0) var<storage, read> x: array<x_t>;            // [R, 2F]
@group(0) @binding(1) var<storage, read> dy: array<Vec>;           // [R, F]
@group(0) @binding(2) var<storage, read_write> dx: array<Vec>;     // [R, 2F]
struct Params { rows: u32, cols: u32 } // cols = F in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    let at = row * p.cols * 2u + c;
    let a = Vec(x[at]);
    let s = Vec(1.0) / (Vec(1.0) + exp(-a));
    let d = dy[row * p.cols + c];
    dx[at] = d * Vec(x[at + p.cols]) * s * (Vec(1.0) + a * (Vec(1.0) - s));
    dx[at + p.cols] = d * a * s;
  }
}

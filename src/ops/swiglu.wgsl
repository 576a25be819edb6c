//     y = a s b        s = sigmoid(a)
//
// where x = [a | b] is [R, 2F], the outputs of W1 and W3 side by side, and y is [R, F]. One workgroup per row: each lane
// computes every WG-th Vec of it.
@group(0) @binding(0) var<storage, read> x: array<x_t>;           // [R, 2F]
@group(0) @binding(1) var<storage, read_write> y: array<y_t>;     // [R, F]
struct Params { rows: u32, cols: u32 } // cols = F in Vecs
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    let at = row * p.cols * 2u + c;
    let a = x_vec(x[at]);
    y[row * p.cols + c] = y_put(times(times(a, sigmoid(a)), x_vec(x[at + p.cols])));
  }
}

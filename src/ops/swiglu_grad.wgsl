//     da = dy b s (1 + a (1 - s))        db = dy a s        s = sigmoid(a)
//
// where x = [a | b] and dx = [da | db] are [R, 2F], and dy is [R, F]. One workgroup per row: each lane computes every WG-th Vec
// of both halves.
@group(0) @binding(0) var<storage, read> x: array<x_t>;            // [R, 2F]
@group(0) @binding(1) var<storage, read> dy: array<dy_t>;          // [R, F]
@group(0) @binding(2) var<storage, read_write> dx: array<dx_t>;    // [R, 2F]
struct Params { rows: u32, cols: u32 } // cols = F in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    let at = row * p.cols * 2u + c;
    let a = x_vec(x[at]);
    let s = sigmoid(a);
    let gate = times(a, s);
    let d = dy_vec(dy[row * p.cols + c]);
    dx[at] = dx_put(times(times(d, x_vec(x[at + p.cols])), s + gate - times(gate, s)));
    dx[at + p.cols] = dx_put(times(d, gate));
  }
}

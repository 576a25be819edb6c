//     dx_i = y_i (dy_i - sum_j dy_j y_j)
//
// where y, dy and dx are [R, C], and the sum is over a row. One workgroup per row: the lanes find the sum, then each writes its
// Vecs.
@group(0) @binding(0) var<storage, read> y: array<Vec>;            // [R, C]
@group(0) @binding(1) var<storage, read> dy: array<Vec>;           // [R, C]
@group(0) @binding(2) var<storage, read_write> dx: array<Vec>;     // [R, C]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let start = row * p.cols;
  var sum = 0.0;
  for (var c = lane; c < p.cols; c += WG) { sum += total(dy[start + c] * y[start + c]); }
  let all = sumAll(sum, lane);
  for (var c = lane; c < p.cols; c += WG) { dx[start + c] = y[start + c] * (dy[start + c] - Vec(all)); }
}

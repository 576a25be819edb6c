//     y_i = exp(x_i - max x) / sum_i exp(x_i - max x)
//
// where x and y are [R, C], and maximum and sum are over a row. One workgroup per row: the lanes find the maximum, then the
// sum, then each writes its Vecs.
@group(0) @binding(0) var<storage, read> x: array<Vec>;           // [R, C]
@group(0) @binding(1) var<storage, read_write> y: array<Vec>;     // [R, C]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let start = row * p.cols;
  var laneMax = -3.4e38;
  for (var c = lane; c < p.cols; c += WG) { laneMax = max(laneMax, largest(x[start + c])); }
  let rowMax = maxAll(laneMax, lane);
  var sum = 0.0;
  for (var c = lane; c < p.cols; c += WG) { sum += total(exp(x[start + c] - Vec(rowMax))); }
  let all = sumAll(sum, lane);
  for (var c = lane; c < p.cols; c += WG) { y[start + c] = exp(x[start + c] - Vec(rowMax)) / all; }
}

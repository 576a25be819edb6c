//     best_r = first i with x_ri = max_i x_ri
//
// where x is [R, C] and best is [R]; 0 where no entry of the row is a number. One workgroup per row: each lane finds the first
// largest entry of its own, then the lanes agree on one.
@group(0) @binding(0) var<storage, read> x: array<f32>;               // [R, C]
@group(0) @binding(1) var<storage, read_write> best: array<u32>;      // [all R], of which these are rows `first` ...
struct Params { rows: u32, cols: u32, stride: u32, first: u32 } // cols: those that count
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  var laneMax = -3.4e38;
  var index = p.cols;
  for (var c = lane; c < p.cols; c += WG) {
    let v = x[row * p.stride + c];
    if (v > laneMax) { laneMax = v; index = c; }
  }
  let rowMax = maxAll(laneMax, lane);
  let first = -maxAll(select(-f32(p.cols), -f32(index), laneMax == rowMax), lane); // indices are exact in f32 up to 2^24
  if (lane == 0u) { best[p.first + row] = select(0u, u32(first), u32(first) < p.cols); }
}

//     dtable_q += sum of dy_r over the rows r at position q
//
// where dy is [R, D] and dtable is [T, D], for the positions whose vectors are bound. One workgroup per position, which adds its
// rows in their order: without atomics, and to the same bits every time.
@group(0) @binding(0) var<storage, read> positions: array<u32>;       // [n] those of the rows begin at `skip`
@group(0) @binding(1) var<storage, read> dy: array<Vec>;              // [R, D]
@group(0) @binding(2) var<storage, read_write> dtable: array<Vec>;    // [count, D], from position `first` on
struct Params { rows: u32, cols: u32, skip: u32, first: u32, count: u32, last: u32 } // cols in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = w.y * groups.x + w.x;
  if (n >= p.count) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    var sum = dtable[n * p.cols + c];
    for (var row = 0u; row < p.rows; row += 1u) {
      if (min(positions[p.skip + row], p.last) == p.first + n) { sum += dy[row * p.cols + c]; }
    }
    dtable[n * p.cols + c] = sum;
  }
}

//     dtable_v += sum of dy_r over the rows r of token v
//
// where dy is [R, D] and dtable is [V, D], for the tokens whose vectors are bound. One workgroup per distinct token. The host
// sorted the rows by token, so that a workgroup adds them in a fixed order: without atomics, and to the same bits every time.
@group(0) @binding(0) var<storage, read> tokens: array<u32>;          // [R] distinct tokens, then unused
@group(0) @binding(1) var<storage, read> runs: array<u32>;            // [R + 1] first place of each token in `order`
@group(0) @binding(2) var<storage, read> order: array<u32>;           // [R] rows sorted by token
@group(0) @binding(3) var<storage, read> dy: array<Vec>;              // [R, D]
@group(0) @binding(4) var<storage, read_write> dtable: array<Vec>;    // [count, D], from token `first` on
struct Params { rows: u32, cols: u32, first: u32, count: u32 } // cols in Vecs
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = w.y * groups.x + w.x;
  if (n >= p.rows) { return; }
  let start = runs[n];
  let end = runs[n + 1u];
  let token = tokens[n] - p.first; // one before the first becomes very large
  if (start == end || token >= p.count) { return; }
  for (var c = lane; c < p.cols; c += WG) {
    let at = token * p.cols + c;
    var sum = dtable[at];
    for (var i = start; i < end; i += 1u) { sum += dy[order[i] * p.cols + c]; }
    dtable[at] = sum;
  }
}

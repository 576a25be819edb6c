//     C = sum of all cuts
//
// where a cut [M, N] is the product over a part of K, and C is [M, N]; with ADD the sum goes on from C. One invocation per Vec
// adds the cuts one after another.
@group(0) @binding(0) var<storage, read> parts: array<Vec>;          // [cuts, M, N]
@group(0) @binding(1) var<storage, read_write> c: array<c_t>;        // [M, N]; ldc from row to row
struct Params { cuts: u32, size: u32, cols: u32, ldc: u32 } // size = M N; all but the cuts in Vecs
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.size) { return; }
  let at = i / p.cols * p.ldc + i % p.cols;
  var sum = Vec();
  if (ADD) { sum = Vec(c[at]); }
  for (var cut = 0u; cut < p.cuts; cut += 1u) { sum += parts[cut * p.size + i]; }
  c[at] = c_t(sum);
}

//     cache[b, slots_r] = x_r[start:]
//
// where x is [R, stride], the cache is [B S, cols], and b is the sequence of row r: the keys and values of new rows. One
// invocation per number.
@group(0) @binding(0) var<storage, read> x: array<x_t>;               // [R, stride]
@group(0) @binding(1) var<storage, read> slots: array<u32>;           // [R]
@group(0) @binding(2) var<storage, read_write> cache: array<cache_t>;     // [B S, cols]
struct Params { rows: u32, queries: u32, keys: u32, cols: u32, stride: u32, start: u32 } // queries = T, keys = S
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.rows * p.cols) { return; }
  let row = i / p.cols;
  let slot = row / p.queries * p.keys + slots[row];
  cache[slot * p.cols + i % p.cols] = cache_t(x[row * p.stride + p.start + i % p.cols]);
}

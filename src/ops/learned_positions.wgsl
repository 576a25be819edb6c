//     y_r = x_r + table[p_r]
//
// where x and y are [R, D], p_r is the position of row r, and table is [T, D], for the positions whose vectors are bound. One
// invocation adds one Vec. A template (unroll.ts).
@group(0) @binding(0) var<storage, read> x: array<x_t>;             // [R, D]
@group(0) @binding(1) var<storage, read> positions: array<u32>;     // [n] those of the rows begin at `skip`
@group(0) @binding(2) var<storage, read> table: array<table_t>;     // [count, D], the vectors of the positions from `first` on
@group(0) @binding(3) var<storage, read_write> y: array<y_t>;       // [R, D]
#if q8
  @group(0) @binding(4) var<storage, read> table_scales: array<u32>; // [count, D / 32] halves
#end
struct Params { rows: u32, cols: u32, skip: u32, first: u32, count: u32, last: u32 } // cols in Vecs
@group(0) @binding({last}) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.rows * p.cols) { return; }
  let position = min(positions[p.skip + i / p.cols], p.last) - p.first; // one before `first` becomes very large
  if (position < p.count) { y[i] = y_t(Vec(x[i]) + table_at(position * p.cols + i % p.cols)); }
}

//     y_r = table[ids_r]
//
// where ids is [R], table is [V, D] and y is [R, D], for the tokens whose vectors are bound. One invocation copies one Vec. A
// template (unroll.ts).
@group(0) @binding(0) var<storage, read> ids: array<u32>;         // [R]
@group(0) @binding(1) var<storage, read> table: array<table_t>;     // [count, D], the vectors of the tokens from `first` on
@group(0) @binding(2) var<storage, read_write> y: array<y_t>;     // [R, D]
#if q8
  @group(0) @binding(3) var<storage, read> table_scales: array<u32>; // [count, D / 32] halves
#end
struct Params { rows: u32, cols: u32, first: u32, count: u32 } // cols in Vecs
@group(0) @binding({last}) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.rows * p.cols) { return; }
  let token = ids[i / p.cols] - p.first; // one before the first becomes very large
  if (token < p.count) { y[i] = y_t(table_at(token * p.cols + i % p.cols)); }
}

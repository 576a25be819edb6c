// y[r] = table[ids[r]]: one invocation copies one Vec.
@group(0) @binding(0) var<storage, read> ids: array<u32>;         // [R]
@group(0) @binding(1) var<storage, read> table: array<table_t>;     // [V, D]
@group(0) @binding(2) var<storage, read_write> y: array<y_t>;     // [R, D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.rows * p.cols) { return; }
  y[i] = y_t(table[ids[i / p.cols] * p.cols + i % p.cols]);
}

//     y = x
//
// rounded to the type of y, where x and y have equal shapes. One invocation per Vec.
@group(0) @binding(0) var<storage, read> x: array<x_t>;
@group(0) @binding(1) var<storage, read_write> y: array<y_t>;
struct Params { size: u32 } // in Vecs
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i < p.size) { y[i] = y_of(x_at(i)); }
}

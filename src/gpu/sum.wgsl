//     y = a + b
//
// where a, b and y have equal shapes: a residual connection, or the gradients that reach one tensor on two paths. One
// invocation adds one Vec.
@group(0) @binding(0) var<storage, read> a: array<y_t>;
@group(0) @binding(1) var<storage, read> b: array<y_t>;
@group(0) @binding(2) var<storage, read_write> y: array<y_t>;
struct Params { size: u32 } // in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i < p.size) { y[i] = y_put(y_vec(a[i]) + y_vec(b[i])); }
}

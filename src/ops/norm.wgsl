//     parts_n = sum of g^2 over 4,096 gradients
//
// where g is a flat array. One workgroup per part; finish.wgsl adds the parts.
@group(0) @binding(0) var<storage, read> g: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> parts: array<f32>;
struct Params { size: u32, first: u32 } // size in vec4; first: index of this range's first part
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = w.y * groups.x + w.x;
  var sum = 0.0;
  let end = min(p.size, (n + 1u) * 1024u);
  for (var i = n * 1024u + lane; i < end; i += WG) { sum += dot(g[i], g[i]); }
  let all = sumAll(sum, lane);
  if (lane == 0u && n * 1024u < p.size) { parts[p.first + n] = all; }
}

// Turns pairs of a row in place by angle(position, i) = position * theta^(-2i / E); SIGN false turns them back.
// The table of cosines and sines is made on the host in float64: WGSL's sin and cos are good to 2^-11 only.
@group(0) @binding(0) var<storage, read> positions: array<u32>;        // [R]
@group(0) @binding(1) var<storage, read> angles: array<vec2<f32>>;     // [positions, E / 2] (cos, sin)
@group(0) @binding(2) var<storage, read_write> x: array<f32>;          // [R, stride], the first heads * E columns are turned
struct Params { rows: u32, stride: u32, heads: u32 }
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = (w.y * groups.x + w.x) * 64u + lane;
  let half = E / 2u;
  if (n >= p.rows * p.heads * half) { return; }
  let row = n / (p.heads * half);
  let head = n / half % p.heads;
  let i = n % half;
  let start = row * p.stride + head * E;
  let first = start + select(i, 2u * i, INTERLEAVED);
  let second = start + select(i + half, 2u * i + 1u, INTERLEAVED);
  let angle = angles[positions[row] * half + i];
  let c = angle.x;
  let s = select(-angle.y, angle.y, FORWARD);
  let a = x[first];
  let b = x[second];
  x[first] = a * c - b * s;
  x[second] = a * s + b * c;
}

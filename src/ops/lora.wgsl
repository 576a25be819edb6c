//     y = scale x
//
// a copy of the matrix B [rows, rank] of an adapter, from the thin matrix to its block of the wide one (SPREAD), or back. One
// invocation per number.
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Params { size: u32, rank: u32, thin: u32, wide: u32, stride: u32, scale: f32 } // thin, wide: first element in each
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.size) { return; }
  let thin = p.thin + i;
  let wide = p.wide + i / p.rank * p.stride + i % p.rank;
  y[select(thin, wide, SPREAD)] = p.scale * x[select(wide, thin, SPREAD)];
}

// With s = sigmoid(a): da = dy b s (1 + a (1 - s)), db = dy a s.
@group(0) @binding(0) var<storage, read> x: array<Vec>;            // [R, 2F]
@group(0) @binding(1) var<storage, read> dy: array<Vec>;           // [R, F]
@group(0) @binding(2) var<storage, read_write> dx: array<Vec>;     // [R, 2F]
struct Params { rows: u32, cols: u32 } // cols = F in Vecs
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = (w.y * groups.x + w.x) * 64u + lane;
  if (n >= p.rows * p.cols) { return; }
  let at = n / p.cols * p.cols * 2u + n % p.cols;
  let a = x[at];
  let s = Vec(1.0) / (Vec(1.0) + exp(-a));
  let d = dy[n];
  dx[at] = d * x[at + p.cols] * s * (Vec(1.0) + a * (Vec(1.0) - s));
  dx[at + p.cols] = d * a * s;
}

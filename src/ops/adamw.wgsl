// AdamW over a flat range of the arena; nothing happens where the step was refused.
@group(0) @binding(0) var<storage, read> g: array<vec4<f32>>;             // gradients
@group(0) @binding(1) var<storage, read> step: array<f32>;                // see adamw.ts
@group(0) @binding(2) var<storage, read> control: array<f32>;             // [2] from finish.wgsl
@group(0) @binding(3) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4<f32>>;       // first moment
@group(0) @binding(5) var<storage, read_write> v: array<vec4<f32>>;       // second moment
struct Params { size: u32, decayed: u32, beta1: f32, beta2: f32, epsilon: f32 } // in vec4; the first `decayed` take weight decay
@group(0) @binding(6) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.size || control[1] == 0.0) { return; }
  let rate = step[1];
  let decay = select(0.0, step[2], i < p.decayed);
  let gradient = g[i] * control[0];
  let first = p.beta1 * m[i] + (1.0 - p.beta1) * gradient;
  let second = p.beta2 * v[i] + (1.0 - p.beta2) * gradient * gradient;
  m[i] = first;
  v[i] = second;
  let change = rate * (first * step[3]) / (sqrt(second * step[4]) + vec4<f32>(p.epsilon));
  weights[i] = weights[i] * (1.0 - rate * decay) - change;
}

//     g <- c g        m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
//     w <- w (1 - lr decay) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
//
// where w, g, m and v are weight, gradient and moments of each element of a flat array, and c is the clipping factor of
// finish.wgsl. Decay acts on the first `decayed` eights. Nothing changes where control[1] is 0. An invocation updates eight
// neighbouring elements, TIMES times.
@group(0) @binding(0) var<storage, read> g: array<g_t>;                       // gradients
@group(0) @binding(1) var<storage, read> step: array<f32>;                // stepWords in adamw.ts
@group(0) @binding(2) var<storage, read> control: array<f32>;             // [2] from finish.wgsl
@group(0) @binding(3) var<storage, read_write> weights: array<weights_t>;
@group(0) @binding(4) var<storage, read_write> m: array<m_t>;                 // first moment
@group(0) @binding(5) var<storage, read_write> v: array<v_t>;                 // second moment
struct Params { size: u32, decayed: u32, beta1: f32, beta2: f32, epsilon: f32 } // in eights; the first `decayed` take weight decay
@group(0) @binding(6) var<uniform> p: Params;

struct Moments { m: vec4<f32>, v: vec4<f32> }

fn moved(old: Moments, gradient: vec4<f32>) -> Moments {
  let m = p.beta1 * old.m + (1.0 - p.beta1) * gradient;
  return Moments(m, p.beta2 * old.v + (1.0 - p.beta2) * gradient * gradient);
}

fn change(now: Moments, corrections: vec2<f32>) -> vec4<f32> {
  return (now.m * corrections.x) / (sqrt(now.v * corrections.y) + vec4<f32>(p.epsilon));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (control[1] == 0.0) { return; }
  let clip = control[0];
  let rate = step[1];
  let decay = step[2];
  let corrections = vec2<f32>(step[3], step[4]);
  let first = (w.y * groups.x + w.x) * WG * TIMES + lane;
  for (var i = first; i < min(p.size, first + WG * TIMES); i += WG) {
    let gradient = g_vec(g[i]) * clip;
    let oldM = m_vec(m[i]);
    let oldV = v_vec(v[i]);
    let l = moved(Moments(oldM[0], oldV[0]), gradient[0]);
    let h = moved(Moments(oldM[1], oldV[1]), gradient[1]);
    m[i] = m_put(Vec(l.m, h.m));
    v[i] = v_put(Vec(l.v, h.v));
    let keep = 1.0 - rate * select(0.0, decay, i < p.decayed);
    weights[i] = weights_put(weights_vec(weights[i]) * keep - Vec(change(l, corrections), change(h, corrections)) * rate);
  }
}

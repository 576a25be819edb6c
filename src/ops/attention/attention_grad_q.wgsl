//     D = sum(do o)        dZ = P (do v^T - D)        dq = dZ k / sqrt(E)
//
// where for each sequence and head q, o, do and dq are [T, E], k and v are [S, E], P and dZ are [T, S], and D is [T], which is
// kept for attention_grad_kv.wgsl. One invocation per query row and head. P = exp(score - maximum) / sum is computed again, not
// read.
@group(0) @binding(0) var<storage, read> q: array<q_t>;
@group(0) @binding(1) var<storage, read> kv: array<kv_t>;
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> o: array<o_t>;                  // [R, H E]
@group(0) @binding(5) var<storage, read> dout: array<Vec>;               // [R, H E]
@group(0) @binding(6) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(7) var<storage, read_write> dq: array<Vec>;          // [R, qStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(8) var<uniform> p: Params;

const N = E / W;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = (w.y * groups.x + w.x) * WG + lane;
  if (n >= p.rows * p.heads) { return; }
  let row = n / p.heads;
  let head = n % p.heads;
  let first = row / p.queries * p.keys;
  let column = head / p.group * N;
  var query: array<Vec, N>;
  var upstream: array<Vec, N>;
  var sum: array<Vec, N>;
  var d = Vec();
  for (var i = 0u; i < N; i += 1u) {
    query[i] = Vec(q[row * p.qStride + head * N + i]) * p.scale;
    upstream[i] = dout[n * N + i];
    d += upstream[i] * Vec(o[n * N + i]);
  }
  let own = total(d);
  let stat = stats[n];
  stats[n].z = own;
  let span = spans[row];
  for (var key = span.x; key <= span.y; key += 1u) {
    let at = (first + key) * p.kvStride + column;
    var dot = Vec();
    var dp = Vec();
    for (var i = 0u; i < N; i += 1u) {
      dot += query[i] * Vec(kv[at + p.k + i]);
      dp += upstream[i] * Vec(kv[at + p.v + i]);
    }
    var score = total(dot);
    if (MASKED) { score += mask[row % p.queries * p.keys + key]; }
    let dz = exp(score - stat.x) * stat.y * (total(dp) - own) * p.scale;
    for (var i = 0u; i < N; i += 1u) { sum[i] += dz * Vec(kv[at + p.k + i]); }
  }
  for (var i = 0u; i < N; i += 1u) { dq[row * p.qStride + head * N + i] = sum[i]; }
}

//     dv = P^T do        dk = dZ^T q / sqrt(E)        dZ = P (do v^T - D)
//
// where for each sequence and head q and do are [T, E], k, v, dk and dv are [S, E], P and dZ are [T, S], and D is [T]. One
// invocation per key row and key head adds dk and dv over all query heads of its group: WebGPU has no atomic sums of floats,
// and the order of the sums is always the same. P = exp(score - maximum) / sum is computed again, not read.
@group(0) @binding(0) var<storage, read> q: array<q_t>;
@group(0) @binding(1) var<storage, read> kv: array<kv_t>;
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read> dout: array<Vec>;
@group(0) @binding(5) var<storage, read> stats: array<vec4<f32>>;      // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(6) var<storage, read_write> dkv: array<Vec>;          // [B S, kvStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(7) var<uniform> p: Params; // rows = B S

const N = E / W;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = (w.y * groups.x + w.x) * WG + lane;
  let kvHeads = p.heads / p.group;
  if (n >= p.rows * kvHeads) { return; }
  let row = n / kvHeads;
  let key = row % p.keys;
  let at = row * p.kvStride + n % kvHeads * N;
  let first = row / p.keys * p.queries; // first query row of the sequence
  var dk: array<Vec, N>;
  var dv: array<Vec, N>;
  for (var member = 0u; member < p.group; member += 1u) {
    let head = n % kvHeads * p.group + member;
    for (var t = 0u; t < p.queries; t += 1u) {
      let query = first + t;
      let span = spans[query];
      if (key < span.x || key > span.y) { continue; }
      let start = query * p.qStride + head * N;
      let up = (query * p.heads + head) * N;
      var dot = Vec();
      var dp = Vec();
      for (var i = 0u; i < N; i += 1u) {
        dot += Vec(q[start + i]) * p.scale * Vec(kv[at + p.k + i]);
        dp += dout[up + i] * Vec(kv[at + p.v + i]);
      }
      var score = total(dot);
      if (MASKED) { score += mask[t * p.keys + key]; }
      let stat = stats[query * p.heads + head];
      let prob = exp(score - stat.x) * stat.y;
      let dz = prob * (total(dp) - stat.z) * p.scale;
      for (var i = 0u; i < N; i += 1u) {
        dk[i] += dz * Vec(q[start + i]);
        dv[i] += prob * dout[up + i];
      }
    }
  }
  for (var i = 0u; i < N; i += 1u) {
    dkv[at + p.k + i] = dk[i];
    dkv[at + p.v + i] = dv[i];
  }
}

//     Z = q k^T / sqrt(E)        P = softmax(Z)        o = P v
//
// where for each sequence and head q and o are [T, E], k and v are [S, E], and Z and P are [T, S]. One invocation per query row
// and head. The maximum of the scores is updated from key to key, so that no row of scores is stored; keys outside the row's
// span are not visited. The maximum and 1 / sum are kept for the backward pass, which computes each score by the same products
// and sums in the same order: P is then as exact as here.
@group(0) @binding(0) var<storage, read> q: array<q_t>;                // [R, qStride], heads side by side
@group(0) @binding(1) var<storage, read> kv: array<kv_t>;               // [B S, kvStride], keys at column k, values at v
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;      // [R] first and last key that the row sees
@group(0) @binding(3) var<storage, read> mask: array<f32>;             // [T, S], added to the scores where MASKED
@group(0) @binding(4) var<storage, read_write> o: array<o_t>;          // [R, H E]
@group(0) @binding(5) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused): D is filled by the backward pass
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(6) var<uniform> p: Params; // queries = T, keys = S; strides and columns in Vecs; group = query heads per key head

const N = E / W;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = (w.y * groups.x + w.x) * WG + lane;
  if (n >= p.rows * p.heads) { return; }
  let row = n / p.heads;
  let head = n % p.heads;
  let first = row / p.queries * p.keys; // first key row of the sequence
  let column = head / p.group * N;
  var query: array<Vec, N>;
  var out: array<Vec, N>;
  for (var i = 0u; i < N; i += 1u) { query[i] = Vec(q[row * p.qStride + head * N + i]) * p.scale; }
  var rowMax = -1e30;
  var expSum = 0.0;
  let span = spans[row];
  for (var key = span.x; key <= span.y; key += 1u) {
    let at = (first + key) * p.kvStride + column;
    var dot = Vec();
    for (var i = 0u; i < N; i += 1u) { dot += query[i] * Vec(kv[at + p.k + i]); }
    var score = total(dot);
    if (MASKED) { score += mask[row % p.queries * p.keys + key]; }
    let newMax = max(rowMax, score);
    let rescale = exp(rowMax - newMax);
    let weight = exp(score - newMax);
    expSum = expSum * rescale + weight;
    for (var i = 0u; i < N; i += 1u) { out[i] = out[i] * rescale + weight * Vec(kv[at + p.v + i]); }
    rowMax = newMax;
  }
  let seen = expSum > 0.0; // a row that sees no key gives 0 and takes no gradient
  let norm = select(0.0, 1.0 / expSum, seen);
  for (var i = 0u; i < N; i += 1u) { o[row * p.heads * N + head * N + i] = o_t(out[i] * norm); }
  stats[n] = vec4<f32>(select(1e30, rowMax, seen), norm, 0.0, 0.0);
}

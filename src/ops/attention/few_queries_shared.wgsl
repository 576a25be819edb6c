//     Z = q k^T / sqrt(E)        P = softmax(Z)        o = P v
//
// in parts, for a few queries over a cache on GPUs, where q is [T, E] and k and v are [S, E] for each sequence and head. A
// workgroup of 64 lanes computes {heads} heads of a query over a range of {keys} keys. First a lane owns a key and computes its
// scores for all heads, then the lanes of a head turn its scores into weights, then a lane owns four numbers of the values.
// attention_combine.wgsl joins the ranges. A template (../unroll.ts); indices: h (heads), u (neighbouring vec4s of a head).
@group(0) @binding(0) var<storage, read> q: array<q_t>; // [R, qStride], heads side by side
@group(0) @binding(1) var<storage, read> kv: array<kv_t>; // [B S, kvStride], keys at column k, values at v
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R] first and last key that the row sees
@group(0) @binding(3) var<storage, read_write> parts: array<vec4<f32>>; // [R, H, P, E]
@group(0) @binding(4) var<storage, read_write> sums: array<vec2<f32>>; // [R, H, P] largest score, sum of the weights
struct Params { queries: u32, keys: u32, heads: u32, group: u32, parts: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(5) var<uniform> p: Params; // queries = T, keys = S, parts = P; strides and columns in vec4s

var<workgroup> fours: array<vec4<f32>, {fours}>; // first the queries, at the end the values of each lane
var<workgroup> scores: array<f32, {scores}>; // {keys} of each head, then their weights
var<workgroup> shares: array<f32, 64>; // of each head the maxima of its lanes, then their sums

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let blocks = p.heads / {heads}u; // blocks of heads
  let row = w.y / blocks;
  let head = w.y % blocks * {heads}u;
  let span = spans[row];
  let start = max(span.x, w.x * {keys}u);
  let end = min(span.y, w.x * {keys}u + {keys}u - 1u);
  let count = select(0u, end - start + 1u, start <= end);
  for (var i = lane; i < {queries}u; i += 64u) { fours[i] = vec4<f32>(q[row * p.qStride + head * {N}u + i]) * p.scale; }
  workgroupBarrier();
  let column = (row / p.queries * p.keys + start) * p.kvStride + head / p.group * {N}u; // the sequence, the head of the keys
  for (var j = lane; j < count; j += 64u) {
    let at = column + j * p.kvStride + p.k;
    #for h: var score{h} = 0.0;
    for (var i = 0u; i < {N}u; i += {step}u) {
      #for u
        let key{u} = vec4<f32>(kv[at + i + {u}u]);
        #for h: score{h} += dot(fours[{h}u * {N}u + i + {u}u], key{u});
      #end
    }
    #for h: scores[{h}u * {keys}u + j] = score{h};
  }
  workgroupBarrier();
  let mine = lane / {share}u; // the head of this lane in the step from scores to weights; {share} lanes share one
  let first = lane % {share}u;
  var largest = -1e30;
  if (mine < {heads}u) {
    for (var j = first; j < count; j += {share}u) { largest = max(largest, scores[mine * {keys}u + j]); }
  }
  shares[lane] = largest;
  workgroupBarrier();
  for (var i = 0u; i < {share}u; i += 1u) { largest = max(largest, shares[mine * {share}u + i]); }
  workgroupBarrier();
  var sum = 0.0;
  if (mine < {heads}u) {
    for (var j = first; j < count; j += {share}u) {
      let weight = exp(scores[mine * {keys}u + j] - largest);
      scores[mine * {keys}u + j] = weight;
      sum += weight;
    }
  }
  shares[lane] = sum;
  workgroupBarrier();
  if (mine < {heads}u && first == 0u) {
    sum = 0.0;
    for (var i = 0u; i < {share}u; i += 1u) { sum += shares[lane + i]; }
    sums[(row * p.heads + head + mine) * p.parts + w.x] = vec2<f32>(largest, sum);
  }
  let four = lane % {N}u; // lanes with the same four take turns with the keys
  let turn = lane / {N}u;
  #for h: var out{h} = vec4<f32>();
  if (turn < {turns}u) {
    for (var j = turn; j < count; j += {turns}u) {
      let value = vec4<f32>(kv[column + j * p.kvStride + p.v + four]);
      #for h: out{h} += scores[{h}u * {keys}u + j] * value;
    }
  }
  #for h: fours[{h}u * 64u + lane] = out{h};
  workgroupBarrier();
  for (var i = lane; i < {queries}u; i += 64u) {
    var all = vec4<f32>();
    for (var turn = 0u; turn < {turns}u; turn += 1u) { all += fours[i / {N}u * 64u + turn * {N}u + i % {N}u]; }
    parts[((row * p.heads + head + i / {N}u) * p.parts + w.x) * {N}u + i % {N}u] = all;
  }
}

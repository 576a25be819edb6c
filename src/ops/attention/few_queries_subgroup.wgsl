//     Z = q k^T / sqrt(E)        P = softmax(Z)        o = P v
//
// in parts, for a few queries over a cache, where q is [T, E] and k and v are [S, E] for each sequence and head. A workgroup is
// one subgroup of {lanes} lanes and computes {heads} heads of a query over a range of {keys} keys. A lane owns one of each
// {lanes} keys and keeps its own maximum, sum and weighted values: each lane is a part, and attention_combine.wgsl joins them. A
// template (../unroll.ts); indices: h (heads), i (eights of a head), o (l and h of eight), c (both of all eights).
{functions}
@group(0) @binding(0) var<storage, read> q: {arrayQ}; // [R, qStride], heads side by side
@group(0) @binding(1) var<storage, read> kv: {arrayKV}; // [B S, kvStride], keys at column k, values at v
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R] first and last key that the row sees
@group(0) @binding(3) var<storage, read_write> parts: {arrayParts}; // [R, H, P, E]
@group(0) @binding(4) var<storage, read_write> sums: array<vec2<f32>>; // [R, H, P] largest score, sum of the weights
struct Params { queries: u32, keys: u32, heads: u32, group: u32, parts: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(5) var<uniform> p: Params; // queries = T, keys = S, parts = P; strides and columns in eights

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let blocks = p.heads / {heads}u; // blocks of heads
  let row = w.y / blocks;
  let head = w.y % blocks * {heads}u;
  let span = spans[row];
  let start = max(span.x, w.x * {keys}u);
  let end = min(span.y, w.x * {keys}u + {keys}u - 1u);
  if (start > end) { return; }
  #for h
    #for i
      #loadQ(q{h}_{i}, row * p.qStride + (head + {h}u) * {N}u + {i}u)
      #for o
        let query{h}_{i}{o} = q{h}_{i}{o} * p.scale;
        var out{h}_{i}{o} = vec4<f32>();
      #end
    #end
    var largest{h} = -1e30;
    var sum{h} = 0.0;
  #end
  let column = row / p.queries * p.keys * p.kvStride + head / p.group * {N}u; // the sequence, the head of the keys
  for (var j = start; j <= end; j += {lanes}u) {
    let at = column + min(j + lane, end) * p.kvStride;
    let isSeen = j + lane <= end;
    #for i
      #loadKV(key{i}, at + p.k + {i}u)
    #end
    #for h
      let score{h} = select(-1e30, #sum(c: dot(query{h}_{c}, key{c})), isSeen);
      let newLargest{h} = max(largest{h}, score{h});
      let rescale{h} = exp(largest{h} - newLargest{h});
      let weight{h} = select(0.0, exp(score{h} - newLargest{h}), isSeen);
      sum{h} = sum{h} * rescale{h} + weight{h};
      largest{h} = newLargest{h};
    #end
    #for i
      #loadKV(value{i}, at + p.v + {i}u)
      #for h, o: out{h}_{i}{o} = out{h}_{i}{o} * rescale{h} + value{i}{o} * weight{h};
    #end
  }
  #for h
    let part{h} = (row * p.heads + head + {h}u) * p.parts + w.x * {lanes}u + lane;
    sums[part{h}] = vec2<f32>(largest{h}, sum{h});
    #for i: #store(part{h} * {N}u + {i}u, out{h}_{i}l, out{h}_{i}h)
  #end
}

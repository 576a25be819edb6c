//     dv = P^T do        dk = dZ^T q / sqrt(E)        dZ = P (do v^T - D)
//
// where for each sequence and head q and do are [T, E], k, v, dk and dv are [S, E], P and dZ are [T, S], and D is [T]: by blocks,
// with the sums of attention_grad_kv.wgsl, which is shorter. One workgroup per {own} keys of a key head; it walks the queries of
// each query head of the group, from the first to the last that sees one of its keys. A template (../../unroll.ts); indices: i
// (keys of a lane), j (its queries of a block), g (queries that it fetches), others as in blocks.wgsl.
#declare()
@group(0) @binding(0) var<storage, read> q: array<q_t>; // [R, qStride]
@group(0) @binding(1) var<storage, read> kv: array<kv_t>; // [B S, kvStride]
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R]
@group(0) @binding(3) var<storage, read> dout: array<vec4<f32>>; // [R, H E]
@group(0) @binding(4) var<storage, read> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(5) var<storage, read_write> dkv: array<vec4<f32>>; // [B S, kvStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(6) var<uniform> p: Params; // strides and columns in vec4s; a head has {N}

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % {across}u;
  let ty = lane / {across}u;
  let kvHead = w.y % (p.heads / p.group);
  let firstQuery = w.y / (p.heads / p.group) * p.queries;
  let firstKey = w.y / (p.heads / p.group) * p.keys;
  let tile = w.x * {own}u;
  #for f: let keyAt{f} = (firstKey + min(tile + {offset}u + lane / 4u, p.keys - 1u)) * p.kvStride + kvHead * {N}u + lane % 4u;
  #for i, n
    var dk{i}_{n} = vec4<f32>();
    var dv{i}_{n} = vec4<f32>();
  #end
  var first = 0xffffffffu;
  var end = 0u;
  for (var t = lane; t < p.queries; t += {lanes}u) {
    let span = spans[firstQuery + t];
    if (span.x <= span.y && span.x < tile + {own}u && span.y >= tile) {
      first = min(first, t);
      end = t + 1u;
    }
  }
  reach(first, end);
  #range()
  for (var member = 0u; member < p.group; member += 1u) {
    let head = kvHead * p.group + member;
    let queryAt = firstQuery * p.qStride + head * {N}u;
    let doutAt = (firstQuery * p.heads + head) * {N}u;
    for (var block = walked.x; block < walked.y; block += {walk}u) {
      #for g: let fetch{g} = min(block + {shift}u + lane / 4u, p.queries - 1u);
      #dots(score, vec4<f32>(kv[keyAt{f} + p.k + at]), vec4<f32>(q[queryAt + fetch{g} * p.qStride + lane % 4u + at]) * p.scale)
      #for j
        let t{j} = min(block + {ofKey}u + tx, p.queries - 1u);
        let span{j} = spans[firstQuery + t{j}];
        let stat{j} = stats[(firstQuery + t{j}) * p.heads + head];
        let first{j} = select(0xffffffffu, span{j}.x, block + {ofKey}u + tx < p.queries);
      #end
      #for i
        let weight{i} = select(vec4<f32>(), exp(score{i} - vec4<f32>(#list(j: stat{j}.x))) * vec4<f32>(#list(j: stat{j}.y)), isSeen(vec4<u32>(#list(j: first{j})), vec4<u32>(#list(j: span{j}.y)), vec4<u32>(tile + {ofRow}u + ty)));
      #end
      #for j: weights[{blockOf}][{keyOf}][ty] = vec4<f32>(#list(i: weight{i}.{keyPart}));
      #sums(dv, dout[doutAt + min(block + {row}, p.queries - 1u) * p.heads * {N}u + {column}])
      #dots(gain, vec4<f32>(kv[keyAt{f} + p.v + at]), dout[doutAt + fetch{g} * p.heads * {N}u + lane % 4u + at])
      #for j: weights[{blockOf}][{keyOf}][ty] *= vec4<f32>(#list(i: gain{i}.{keyPart})) - stat{j}.z;
      #sums(dk, vec4<f32>(q[queryAt + min(block + {row}, p.queries - 1u) * p.qStride + {column}]) * p.scale)
    }
  }
  #for i
    let key{i} = tile + {ofRow}u + ty;
    if (key{i} < p.keys) {
      let at{i} = (firstKey + key{i}) * p.kvStride + kvHead * {N}u + tx;
      #for n: #store({n}, dkv[at{i} + p.k + {ofColumn}u] = dk{i}_{n};)
      #for n: #store({n}, dkv[at{i} + p.v + {ofColumn}u] = dv{i}_{n};)
    }
  #end
}

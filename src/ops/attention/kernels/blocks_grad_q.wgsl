//     D = sum(do o)        dZ = P (do v^T - D)        dq = dZ k / sqrt(E)
//
// where for each sequence and head q, o, do and dq are [T, E], k and v are [S, E], P and dZ are [T, S], and D is [T]: by blocks,
// with the sums of attention_grad_q.wgsl, which is shorter. One workgroup per tile of rows, as in blocks.wgsl, whose rows, indices and
// macros are those of this template (../../unroll.ts) too.
#declare()
@group(0) @binding(0) var<storage, read> q: array<q_t>; // [R, qStride]
@group(0) @binding(1) var<storage, read> kv: array<kv_t>; // [B S, kvStride]
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R]
@group(0) @binding(3) var<storage, read> o: array<o_t>; // [R, H E]
@group(0) @binding(4) var<storage, read> dout: array<vec4<f32>>; // [R, H E]
@group(0) @binding(5) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(6) var<storage, read_write> dq: array<vec4<f32>>; // [R, qStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(7) var<uniform> p: Params; // strides and columns in vec4s; a head has {N}

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % {across}u;
  let ty = lane / {across}u;
  let kvHead = w.y % (p.heads / p.group);
  let firstQuery = w.y / (p.heads / p.group) * p.queries;
  let firstKey = w.y / (p.heads / p.group) * p.keys;
  let head = kvHead * p.group;
  let count = p.queries * p.group;
  let tile = (groups.x - 1u - w.x) * {own}u;
  #for f
    let fetch{f} = min(tile + {offset}u + lane / 4u, count - 1u);
    let queryAt{f} = (firstQuery + fetch{f} / p.group) * p.qStride + (head + fetch{f} % p.group) * {N}u + lane % 4u;
    let doutAt{f} = ((firstQuery + fetch{f} / p.group) * p.heads + head + fetch{f} % p.group) * {N}u + lane % 4u;
  #end
  let keyAt = firstKey * p.kvStride + kvHead * {N}u;
  #for i
    let mine{i} = tile + {ofRow}u + ty;
    let row{i} = min(mine{i}, count - 1u);
    let query{i} = firstQuery + row{i} / p.group;
    let at{i} = query{i} * p.heads + head + row{i} % p.group;
    let stat{i} = stats[at{i}];
    var part{i} = vec4<f32>();
    #for n
      #store({n}, part{i} += dout[at{i} * {N}u + {ofColumn}u + tx] * vec4<f32>(o[at{i} * {N}u + {ofColumn}u + tx]);)
      var dq{i}_{n} = vec4<f32>();
    #end
  #end
  if (tx == 0u) { reach(#min(i: firstOf(spans[query{i}])), #max(i: endOf(spans[query{i}]))); }
  weights[{ownLine}][{ownAt}][ty] = vec4<f32>(#list(i: part{i}.x + part{i}.y + part{i}.z + part{i}.w));
  #range()
  let d = #sum(h: weights[{line}][{at}][ty]);
  if (tx == 0u) {
    #for i: if (mine{i} < count) { stats[at{i}].z = d.{part}; }
  }
  for (var block = walked.x; block < walked.y; block += {walk}u) {
    #for g: let fetchAt{g} = keyAt + min(block + {shift}u + lane / 4u, p.keys - 1u) * p.kvStride + lane % 4u;
    #dots(score, vec4<f32>(q[queryAt{f} + at]) * p.scale, vec4<f32>(kv[fetchAt{g} + p.k + at]))
    let keys = vec4<u32>(#list(j: block + {ofKey}u + tx));
    #for i: let weight{i} = select(vec4<f32>(), exp(score{i} - stat{i}.x) * stat{i}.y, isSeen(spans[query{i}].xxxx, spans[query{i}].yyyy, keys));
    #for j: weights[{blockOf}][{keyOf}][ty] = vec4<f32>(#list(i: weight{i}.{keyPart}));
    #dots(gain, dout[doutAt{f} + at], vec4<f32>(kv[fetchAt{g} + p.v + at]))
    #for j: weights[{blockOf}][{keyOf}][ty] *= vec4<f32>(#list(i: gain{i}.{keyPart})) - d;
    #sums(dq, vec4<f32>(kv[keyAt + min(block + {row}, p.keys - 1u) * p.kvStride + p.k + {column}]))
  }
  #for i
    if (mine{i} < count) {
      let queryRow{i} = query{i} * p.qStride + (head + row{i} % p.group) * {N}u;
      #for n: #store({n}, dq[queryRow{i} + {ofColumn}u + tx] = dq{i}_{n} * p.scale;)
    }
  #end
}

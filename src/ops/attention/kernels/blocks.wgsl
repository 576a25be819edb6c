//     Z = q k^T / sqrt(E)        P = softmax(Z)        o = P v
//
// where for each sequence and head q and o are [T, E], k and v are [S, E], and Z and P are [T, S]: by blocks, with the sums of
// attention.wgsl, which is shorter. One workgroup per {own} rows of a key head: its rows are the queries of all its query heads,
// row r being query r / group and head r % group of the group. A template (../../unroll.ts) over i (rows of a lane), j (its keys
// of a block), n (vec4s of a row that a lane sums), h (lanes of a row) and f (rows that a lane fetches); #declare, #dots and
// #sums are in blocks.ts.
#declare()
@group(0) @binding(0) var<storage, read> q: array<q_t>; // [R, qStride], heads side by side
@group(0) @binding(1) var<storage, read> kv: array<kv_t>; // [B S, kvStride], keys at column k, values at v
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R] first and last key that the query sees
@group(0) @binding(3) var<storage, read_write> o: array<o_t>; // [R, H E]
@group(0) @binding(4) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused): D is filled by the backward pass
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(5) var<uniform> p: Params; // strides and columns in vec4s; a head has {N}

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % {across}u;
  let ty = lane / {across}u;
  let kvHead = w.y % (p.heads / p.group);
  let firstQuery = w.y / (p.heads / p.group) * p.queries;
  let firstKey = w.y / (p.heads / p.group) * p.keys;
  let head = kvHead * p.group;
  let count = p.queries * p.group;
  let tile = (groups.x - 1u - w.x) * {own}u; // rows that see the most keys start first
  #for f
    let fetch{f} = min(tile + {offset}u + lane / 4u, count - 1u);
    let queryAt{f} = (firstQuery + fetch{f} / p.group) * p.qStride + (head + fetch{f} % p.group) * {N}u + lane % 4u;
  #end
  let keyAt = firstKey * p.kvStride + kvHead * {N}u;
  #for i
    let mine{i} = tile + {ofRow}u + ty;
    let query{i} = firstQuery + min(mine{i}, count - 1u) / p.group;
    var rowMax{i} = -1e30;
    var expSum{i} = 0.0;
    #for n: var out{i}_{n} = vec4<f32>();
  #end
  if (tx == 0u) { reach(#min(i: firstOf(spans[query{i}])), #max(i: endOf(spans[query{i}]))); }
  #range()
  for (var block = walked.x; block < walked.y; block += {walk}u) {
    #for g: let fetchAt{g} = keyAt + min(block + {shift}u + lane / 4u, p.keys - 1u) * p.kvStride + lane % 4u;
    #dots(score, vec4<f32>(q[queryAt{f} + at]) * p.scale, vec4<f32>(kv[fetchAt{g} + p.k + at]))
    let keys = vec4<u32>(#list(j: block + {ofKey}u + tx));
    #for i: let masked{i} = select(vec4<f32>(-1e30), score{i}, isSeen(spans[query{i}].xxxx, spans[query{i}].yyyy, keys));
    weights[{ownLine}][{ownAt}][ty] = vec4<f32>(#list(i: max(max(masked{i}.x, masked{i}.y), max(masked{i}.z, masked{i}.w))));
    workgroupBarrier();
    let largest = #max(h: weights[{line}][{at}][ty]);
    workgroupBarrier();
    #for i
      let newMax{i} = max(rowMax{i}, largest.{part});
      let rescale{i} = exp(rowMax{i} - newMax{i});
      rowMax{i} = newMax{i};
      let weight{i} = exp(masked{i} - newMax{i});
      expSum{i} = expSum{i} * rescale{i} + (weight{i}.x + weight{i}.y + weight{i}.z + weight{i}.w);
      #for n: out{i}_{n} *= rescale{i};
    #end
    #for j: weights[{blockOf}][{keyOf}][ty] = vec4<f32>(#list(i: weight{i}.{keyPart}));
    #sums(out, vec4<f32>(kv[keyAt + min(block + {row}, p.keys - 1u) * p.kvStride + p.v + {column}]))
  }
  workgroupBarrier();
  weights[{ownLine}][{ownAt}][ty] = vec4<f32>(#list(i: expSum{i}));
  workgroupBarrier();
  let total = #sum(h: weights[{line}][{at}][ty]);
  #for i
    if (mine{i} < count) {
      let at{i} = query{i} * p.heads + head + mine{i} % p.group;
      let seen{i} = rowMax{i} > -1e30; // a row that sees no key gives 0 and takes no gradient
      let norm{i} = select(0.0, 1.0 / total.{part}, seen{i});
      #for n: #store({n}, o[at{i} * {N}u + {ofColumn}u + tx] = o_t(out{i}_{n} * norm{i});)
      if (tx == 0u) { stats[at{i}] = vec4<f32>(select(1e30, rowMax{i}, seen{i}), norm{i}, 0.0, 0.0); }
    }
  #end
}

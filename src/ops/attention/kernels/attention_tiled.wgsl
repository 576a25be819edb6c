//     Z = q k^T / sqrt(E)        P = softmax(Z)        o = P v
//
// where for each sequence and head q and o are [T, E], k and v are [S, E], and Z and P are [T, S]: by tiles, with the sums of
// attention.wgsl, which is shorter. One workgroup per tile of {tileRows} query rows and head; keys come in blocks of eight, and
// blocks outside the spans of the tile are not visited. Maximum and sum of a row are updated from block to block, so that no
// row of P is stored. A template (../../unroll.ts) over n (query rows of a lane), e (the eight keys of a block), i (the vec4s of
// a head); its macros are in tiled.ts: #block names eight rows of a buffer, #loadBlocks loads them, #broadcast gives row e to
// all lanes.
#declare(key, value)
@group(0) @binding(0) var<storage, read> q: #array(q); // [R, qStride], heads side by side
@group(0) @binding(1) var<storage, read> kv: #array(kv); // [B S, kvStride], keys at column k, values at v
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>; // [R] first and last key that the row sees
@group(0) @binding(3) var<storage, read_write> o: #array(o); // [R, H E]
@group(0) @binding(4) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused): D is filled by the backward pass
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(5) var<uniform> p: Params; // strides and columns in units of {unit} numbers; a head has {N} units

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32{builtins}) {
  let head = w.y % p.heads;
  let sequence = w.y / p.heads;
  #for n
    let mine{n} = w.x * {tileRows}u + {offset}u + lane; // the row within its sequence
    let row{n} = sequence * p.queries + mine{n};
  #end
  #for n
    let span{n} = spans[row{n}];
    let at{n} = row{n} * p.heads + head;
  #end
  #keyRange(n: span{n})
  #for n
    #load(loaded{n}_, q, row{n} * p.qStride + head * {N}u)
    #for i
      let query{n}_{i} = loaded{n}_{i} * p.scale;
      var out{n}_{i} = vec4<f32>();
    #end
    var rowMax{n} = -1e30;
    var expSum{n} = 0.0;
  #end
  #block(key, kv, (sequence * p.keys + {row}) * p.kvStride + head / p.group * {N}u + p.k)
  #block(value, kv, (sequence * p.keys + {row}) * p.kvStride + head / p.group * {N}u + p.v)
  for (var j = start; j <= to; j += 8u) {
    #loadBlocks(key, value)
    #for e
      #broadcast(key, {e})
      #for n: let score{n}_{e} = select(-1e30, #sum(i: dot(query{n}_{i}, key{i}_{e})), j + {e}u >= span{n}.x && j + {e}u <= span{n}.y);
    #end
    #for n
      let newMax{n} = #max(rowMax{n}, e: score{n}_{e});
      let rescale{n} = exp(rowMax{n} - newMax{n});
      rowMax{n} = newMax{n};
      #for e: let weight{n}_{e} = exp(score{n}_{e} - newMax{n});
      expSum{n} = expSum{n} * rescale{n} + #sum(e: weight{n}_{e});
    #end
    #for e: #broadcast(value, {e})
    #for i, n: out{n}_{i} = out{n}_{i} * rescale{n} + #sum(e: weight{n}_{e} * value{i}_{e});
  }
  #for n
    let seen{n} = rowMax{n} > -1e30; // a row that sees no key gives 0 and takes no gradient
    let norm{n} = select(0.0, 1.0 / expSum{n}, seen{n});
    #store(o, at{n} * {N}u, i: out{n}_{i} * norm{n})
    stats[at{n}] = vec4<f32>(select(1e30, rowMax{n}, seen{n}), norm{n}, 0.0, 0.0);
  #end
}

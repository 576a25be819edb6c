//     dv = P^T do        dk = dZ^T q / sqrt(E)        dZ = P (do v^T - D)
//
// where for each sequence and head q and do are [T, E], k, v, dk and dv are [S, E], P and dZ are [T, S], and D is [T]: by tiles,
// with the sums of attention_grad_kv.wgsl, which is shorter. One workgroup per tile of {tileRows} key rows and key head; it reads
// the queries of all heads of its group in blocks of eight. A template (../../unroll.ts) over n (key rows of a lane), e (the
// eight queries of a block), i (the vec4s of a head); its macros are in tiled.ts.
#declare(query, upstream)
@group(0) @binding(0) var<storage, read> q: #array(q);
@group(0) @binding(1) var<storage, read> kv: #array(kv);
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> dout: #array(dout); // [R, H E]
@group(0) @binding(4) var<storage, read> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(5) var<storage, read_write> dkv: #array(dkv); // [B S, kvStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(6) var<uniform> p: Params; // strides and columns in units of {unit} numbers; a head has {N} units

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32{builtins}) {
  let kvHeads = p.heads / p.group;
  let kvHead = w.y % kvHeads;
  let sequence = w.y / kvHeads;
  #for n
    let mine{n} = w.x * {tileRows}u + {offset}u + lane; // the row within its sequence
    let row{n} = sequence * p.keys + mine{n};
  #end
  #for n
    let at{n} = row{n} * p.kvStride + kvHead * {N}u;
    #load(key{n}_, kv, at{n} + p.k)
    #load(value{n}_, kv, at{n} + p.v)
    #for i
      var dk{n}_{i} = vec4<f32>();
      var dv{n}_{i} = vec4<f32>();
    #end
  #end
  for (var member = 0u; member < p.group; member += 1u) {
    let head = kvHead * p.group + member;
    #block(query, q, (sequence * p.queries + {row}) * p.qStride + head * {N}u, p.scale)
    #block(upstream, dout, ((sequence * p.queries + {row}) * p.heads + head) * {N}u)
    #pairs(span, spans, (sequence * p.queries + {row}))
    #pairs(stat, stats, (sequence * p.queries + {row}) * p.heads + head)
    for (var j = w.x * {tileRows}u; j < p.queries; j += 8u) { // no query before the first key of the tile sees any of it
      #loadBlocks(query, upstream, span, stat)
      #for e
        #broadcast(query, {e})
        #broadcast(upstream, {e})
        #broadcast(span, {e})
        #broadcast(stat, {e})
        #for n
          let prob{n}_{e} = select(0.0, exp(#sum(i: dot(query{i}_{e}, key{n}_{i})) - stat_{e}.x) * stat_{e}.y, mine{n} >= span_{e}.x && mine{n} <= span_{e}.y);
          let dz{n}_{e} = prob{n}_{e} * (#sum(i: dot(upstream{i}_{e}, value{n}_{i})) - stat_{e}.z);
        #end
      #end
      #for i, n
        dk{n}_{i} += #sum(e: dz{n}_{e} * query{i}_{e});
        dv{n}_{i} += #sum(e: prob{n}_{e} * upstream{i}_{e});
      #end
    }
  }
  #for n
    #store(dkv, at{n} + p.k, i: dk{n}_{i})
    #store(dkv, at{n} + p.v, i: dv{n}_{i})
  #end
}

//     D = sum(do o)        dZ = P (do v^T - D)        dq = dZ k / sqrt(E)
//
// where for each sequence and head q, o, do and dq are [T, E], k and v are [S, E], P and dZ are [T, S], and D is [T]: by tiles,
// with the sums of attention_grad_q.wgsl, which is shorter. One workgroup per tile of {tileRows} query rows and head. A template
// (../../unroll.ts) with the indices and macros of attention_tiled.wgsl.
#declare(key, value)
@group(0) @binding(0) var<storage, read> q: #array(q);
@group(0) @binding(1) var<storage, read> kv: #array(kv);
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> o: #array(o); // [R, H E]
@group(0) @binding(4) var<storage, read> dout: #array(dout); // [R, H E]
@group(0) @binding(5) var<storage, read_write> stats: array<vec4<f32>>; // [R, H] (max, 1 / sum, D, unused)
@group(0) @binding(6) var<storage, read_write> dq: #array(dq); // [R, qStride]
struct Params { rows: u32, queries: u32, keys: u32, heads: u32, group: u32, qStride: u32, kvStride: u32, k: u32, v: u32, scale: f32 }
@group(0) @binding(7) var<uniform> p: Params; // strides and columns in units of {unit} numbers; a head has {N} units

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
    #load(upstream{n}_, dout, at{n} * {N}u)
    #load(out{n}_, o, at{n} * {N}u)
    #for i
      let query{n}_{i} = loaded{n}_{i} * p.scale;
      var dq{n}_{i} = vec4<f32>();
    #end
    let stat{n} = stats[at{n}];
    let d{n} = #sum(i: dot(upstream{n}_{i}, out{n}_{i}));
    stats[at{n}].z = d{n};
  #end
  #block(key, kv, (sequence * p.keys + {row}) * p.kvStride + head / p.group * {N}u + p.k)
  #block(value, kv, (sequence * p.keys + {row}) * p.kvStride + head / p.group * {N}u + p.v)
  for (var j = start; j <= to; j += 8u) {
    #loadBlocks(key, value)
    #for e
      #broadcast(key, {e})
      #broadcast(value, {e})
      #for n: let dz{n}_{e} = select(0.0, exp(#sum(i: dot(query{n}_{i}, key{i}_{e})) - stat{n}.x) * stat{n}.y, j + {e}u >= span{n}.x && j + {e}u <= span{n}.y) * (#sum(i: dot(upstream{n}_{i}, value{i}_{e})) - d{n}) * p.scale;
    #end
    #for i, n: dq{n}_{i} += #sum(e: dz{n}_{e} * key{i}_{e});
  }
  #for n
    #store(dq, row{n} * p.qStride + head * {N}u, i: dq{n}_{i})
  #end
}

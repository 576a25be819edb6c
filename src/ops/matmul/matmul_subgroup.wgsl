#if nn
  //     C = A B
#end
#if nt
  //     C = A B^T
#end
#if tn
  //     C = A^T B
#end
//
// where C is [M, N] and the sums run over K, with the sums of matmul.wgsl, which is shorter; with `add` in the kernel's name
// they go on from C. A workgroup is one subgroup of {lanes} lanes. It computes a tile of {rows} rows of C, and each lane owns
// eight columns of it, as a pair (l: 0, 2, 4, 6; h: 1, 3, 5, 7) per row. A template (../unroll.ts) with the macros of
// subgroup.ts: #load(name, buffer, line, eight of the line, numbers from line to line, k of element {e}); indices: q (groups
// of {group} rows), i (rows of a group), s (loads of a group), k (eight k), n (eight columns), o (l and h).
{functions}
@group(0) @binding(0) var<storage, read> a: #array(a); // [M, K], transposed [K, M]; lda from row to row
@group(0) @binding(1) var<storage, read> b: #array(b); // [K, N], for A B^T [N, K]; ldb from row to row
@group(0) @binding(2) var<storage, read_write> c: #array(c); // [M, N]; ldc from row to row
struct Params { M: u32, N: u32, K: u32, lda: u32, ldb: u32, ldc: u32 }
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size({lanes})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) w: vec3<u32>, @builtin(subgroup_invocation_id) sid: u32) {
  let M8 = (p.M + 7u) / 8u; // lengths in units of eight numbers
  let N8 = (p.N + 7u) / 8u;
  let K8 = (p.K + 7u) / 8u;
  #if vec8
    let lda8 = p.lda / 8u;
    let ldb8 = p.ldb / 8u;
    let ldc8 = p.ldc / 8u;
  #end
  let row = w.y * {rows}u;
  let place = w.x * {lanes}u + lane;
  let col = min(place, N8 - 1u); // a lane beyond the last column computes the last eight again and writes nothing
  #for q, i
    #if add // the sums go on from C
      let from{q}_{i} = min(row + {first}u + {i}u, p.M - 1u);
      #load(old{q}_{i}, c, from{q}_{i}, col, ldc, 0u)
      var c{q}_{i}l = old{q}_{i}l;
      var c{q}_{i}h = old{q}_{i}h;
    #end
    #if !add
      var c{q}_{i}l = vec4<f32>();
      var c{q}_{i}h = vec4<f32>();
    #end
  #end
  #for q, s
    #if !tn // each lane loads one row of each group
      let rowA{q}_{s} = min(row + {first}u + {part}u + sid, p.M - 1u);
    #end
    #if tn // each lane loads eight rows of a group for one of the eight k
      let unitA{q}_{s} = min((row + {first}u + {part}u + sid) / 8u, M8 - 1u);
      let kA{q}_{s} = ({part}u + sid) % 8u;
    #end
  #end
  #if nt
    #for n: let rowB{n} = min(col * 8u + {n}u, p.N - 1u);
  #end
  for (var k = 0u; k < K8; k += 1u) { // eight values of k at once
    #if !nt
      #for k: #load(b{k}, b, (k * 8u + {k}u), col, ldb, k * 8u + {k}u)
    #end
    #if nt
      #for n: #load(t{n}, b, rowB{n}, k, ldb, k * 8u + {e}u)
      #for k // eight rows of B^T become for each k its eight columns
        let b{k}l = vec4<f32>(t0{kHalf}.{kPart}, t2{kHalf}.{kPart}, t4{kHalf}.{kPart}, t6{kHalf}.{kPart});
        let b{k}h = vec4<f32>(t1{kHalf}.{kPart}, t3{kHalf}.{kPart}, t5{kHalf}.{kPart}, t7{kHalf}.{kPart});
      #end
    #end
    #for q // loads between the groups keep the pieces short that a driver compiles at once
      #if !tn
        #for s: #load(a{q}_{s}, a, rowA{q}_{s}, k, lda, k * 8u + {e}u)
        #for i
          let even{q}_{i} = subgroupBroadcast(a{q}_{load}l, {lane}u); // A of the row at k = 0, 2, 4, 6
          #for o: c{q}_{i}{o} += even{q}_{i}.x * b0{o} + even{q}_{i}.y * b2{o} + even{q}_{i}.z * b4{o} + even{q}_{i}.w * b6{o};
          let odd{q}_{i} = subgroupBroadcast(a{q}_{load}h, {lane}u);
          #for o: c{q}_{i}{o} += odd{q}_{i}.x * b1{o} + odd{q}_{i}.y * b3{o} + odd{q}_{i}.z * b5{o} + odd{q}_{i}.w * b7{o};
        #end
      #end
      #if tn
        #for s: #load(a{q}_{s}, a, (k * 8u + kA{q}_{s}), unitA{q}_{s}, lda, k * 8u + kA{q}_{s})
        #for i
          #for k: let x{q}_{i}_{k} = #at({q}, {i}, {k}); // A of the row at k
          #for o
            c{q}_{i}{o} += x{q}_{i}_0 * b0{o} + x{q}_{i}_1 * b1{o} + x{q}_{i}_2 * b2{o} + x{q}_{i}_3 * b3{o};
            c{q}_{i}{o} += x{q}_{i}_4 * b4{o} + x{q}_{i}_5 * b5{o} + x{q}_{i}_6 * b6{o} + x{q}_{i}_7 * b7{o};
          #end
        #end
      #end
    #end
  }
  if (place < N8) {
    #for q, i
      if (row + {first}u + {i}u < p.M) {
        #if vec8
          #store(c, (row + {first}u + {i}u) * ldc8 + col, c{q}_{i}l, c{q}_{i}h)
        #end
        #if !vec8
          let s = (row + {first}u + {i}u) * p.ldc + col * 8u;
          #for n: if (col * 8u + {n}u < p.N) { c[s + {n}u] = {type}(c{q}_{i}{nHalf}.{nPart}); }
        #end
      }
    #end
  }
}

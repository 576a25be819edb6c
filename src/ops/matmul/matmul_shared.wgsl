// C = A B, A B^T or A^T B through workgroup memory, with the sums of matmul.wgsl: read it first. A template (../unroll.ts).
// 16 x 16 invocations compute a block of {block} x {block} numbers of C. A slab of A and one of B, {depth} deep, are in workgroup memory.
// Indices: i (rows of an invocation: four neighbours in each 64), q (four columns each), s (four steps of k), m (one of the four).
@group(0) @binding(0) var<storage, read> a: array<a_t>; // [M, K], transposed [K, M]; lda from row to row
@group(0) @binding(1) var<storage, read> b: array<b_t>; // [K, N], for A B^T [N, K]; ldb from row to row
@group(0) @binding(2) var<storage, read_write> c: array<c_t>; // [M, N]; ldc from row to row
struct Params { M: u32, N: u32, K: u32, lda: u32, ldb: u32, ldc: u32 }
@group(0) @binding(3) var<uniform> p: Params;

var<workgroup> slabA: array<vec4<f32>, {sizeA}>;
var<workgroup> slabB: array<vec4<f32>, {sizeB}>;

// Four numbers of a line of A or B, zeros behind its end.
#for x
  fn fetch_{x}(line: u32, at: u32) -> vec4<f32> {
    #if fours
      if (line >= {count} || at >= {length}) { return vec4<f32>(); }
      return vec4<f32>({x}[(line * p.ld{x} + at) / 4u]);
    #end
    #if !fours
      var four = vec4<f32>();
      if (line >= {count}) { return four; }
      for (var i = 0u; i < min(4u, {length} - min(at, {length})); i += 1u) { four[i] = f32({x}[line * p.ld{x} + at + i]); }
      return four;
    #end
  }
#end

fn put(row: u32, col: u32, sum: f32) {
  if (row < p.M && col < p.N) { c[row * p.ldc + col] = c_t(sum); }
}

#if add
  fn old(row: u32, col: u32) -> f32 {
    if (row < p.M && col < p.N) { return f32(c[row * p.ldc + col]); }
    return 0.0;
  }
#end

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>, @builtin(local_invocation_index) n: u32) {
  let row = w.y * {block}u;
  let col = w.x * {block}u;
  #if add // the sums go on from C
    #if nt // the columns of an invocation are 16 apart
      #for i, q: var c{i}_{q} = vec4<f32>(#list(m: old(row + l.y * 4u + {offset}u, col + l.x + {q}u * 64u + {m}u * 16u)));
    #end
    #if !nt
      #for i, q: var c{i}_{q} = vec4<f32>(#list(m: old(row + l.y * 4u + {offset}u, col + l.x * 4u + {q}u * 64u + {m}u)));
    #end
  #end
  #if !add
    #for i, q: var c{i}_{q} = vec4<f32>();
  #end
  for (var k = 0u; k < p.K; k += {depth}u) {
    slabA[n / {foursA}u * {strideA}u + n % {foursA}u] = fetch_a({lineA} + n / {foursA}u, {fromA} + n % {foursA}u * 4u);
    slabB[n / {foursB}u * {strideB}u + n % {foursB}u] = fetch_b({lineB} + n / {foursB}u, {fromB} + n % {foursB}u * 4u);
    workgroupBarrier();
    #for s
      #if tn
        #for m, q: let a{s}_{m}_{q} = slabA[({s}u * 4u + {m}u) * {strideA}u + {q}u * 16u + l.y];
      #end
      #if !tn
        #for i: let a{s}_{i} = slabA[(l.y * 4u + {offset}u) * {strideA}u + {s}u];
      #end
      #if nt
        #for q, m: let b{s}_{q}_{m} = slabB[(l.x + {q}u * 64u + {m}u * 16u) * {strideB}u + {s}u]; // neighbouring lanes read neighbouring lines
        #for i, q: c{i}_{q} += vec4<f32>(#list(m: dot(a{s}_{i}, b{s}_{q}_{m})));
      #end
      #if !nt
        #for m, q: let b{s}_{m}_{q} = slabB[({s}u * 4u + {m}u) * {strideB}u + {q}u * 16u + l.x];
      #end
      #if nn
        #for i, q: c{i}_{q} += #sum(m: a{s}_{i}.{part} * b{s}_{m}_{q});
      #end
      #if tn
        #for i, q: c{i}_{q} += #sum(m: a{s}_{m}_{quad}.{rowPart} * b{s}_{m}_{q});
      #end
    #end
    workgroupBarrier();
  }
  #if nt
    #for i, q, m: put(row + l.y * 4u + {offset}u, col + l.x + {q}u * 64u + {m}u * 16u, c{i}_{q}.{part});
  #end
  #if !nt
    #for i, q, m: put(row + l.y * 4u + {offset}u, col + l.x * 4u + {q}u * 64u + {m}u, c{i}_{q}.{part});
  #end
}

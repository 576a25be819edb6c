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
// where C is [M, N] and the sums run over K: through workgroup memory, with the sums of matmul.wgsl, which is shorter. With
// `add` in the kernel's name they go on from C. {lanesA} x {lanesB} invocations compute a block of {rows} x {cols} numbers of
// C. Slabs of A and B, {depth} deep, lie in workgroup memory by lines of k, and there each four neighbouring rows or columns
// of C are one vec4. Sums are chains of fma in the order of k. A template (../unroll.ts); indices: x (A and B), j (the four
// lines of a block), e (the four numbers of a line), k (lines of a slab), i (rows of an invocation), u (its rows by fours), v
// (its columns by fours), part (its blocks of the slabs), t (the matrices that hold them).
@group(0) @binding(0) var<storage, read> a: array<a_t>; // [M, K], transposed [K, M]; lda from row to row
@group(0) @binding(1) var<storage, read> b: array<b_t>; // [K, N], for A B^T [N, K]; ldb from row to row
@group(0) @binding(2) var<storage, read_write> c: array<c_t>; // [M, N], one behind another for each cut of K; ldc from row to row
struct Params { M: u32, N: u32, K: u32, lda: u32, ldb: u32, ldc: u32, cut: u32 } // workgroup z sums `cut` of the K products
@group(0) @binding(3) var<uniform> p: Params;

// An invocation moves blocks of 4 x 4 numbers. Lines behind the end of A or B are read, but reach no number that is written.
alias Block = mat4x4<{number}>;

#for x
  var<workgroup> slab{X}: array<array<array<vec4<f32>, {lanes}>, {fours}>, {depth}>;

  fn fetch{X}(block: u32, line: u32, k: u32) -> Block {
    #if alongK // neighbouring invocations read the same line
      let at = (line + block / 2u % {quads}u * 4u) * p.ld{x} + k + (block % 2u + block / {pairs}u * 2u) * 4u;
      let next = p.ld{x};
    #end
    #if !alongK
      let at = (k + block / {quads}u) * p.ld{x} + line + block % {quads}u * 4u;
      let next = 4u * p.ld{x};
    #end
    #if by4
      return Block(#list(j: vec4<{number}>({x}[(at + {j}u * next) / 4u])));
    #end
    #if !by4
      return Block(#list(j: #list(e: {number}({x}[at + {j}u * next + {e}u]))));
    #end
  }

  // Puts a block into the slab; numbers from `end` on count as zeros.
  fn keep{X}(block: u32, found: Block, k: u32, end: u32) {
    #if alongK
      let quad = block / 2u % {quads}u;
      let first = (block % 2u + block / {pairs}u * 2u) * 4u;
      let lines = transpose(found);
      #for j: slab{X}[first + {j}u][quad / {lanes}u][quad % {lanes}u] = select(vec4<f32>(), vec4<f32>(lines[{j}]), k + first + {j}u < end);
    #end
    #if !alongK
      let quad = block % {quads}u;
      let first = block / {quads}u;
      #for j: slab{X}[first + {j}u * 4u][quad / {lanes}u][quad % {lanes}u] = select(vec4<f32>(), vec4<f32>(found[{j}]), k + first + {j}u * 4u < end);
    #end
  }
#end

#if add
  fn old(row: u32, col: u32) -> vec4<f32> { // where the sums are written
    let at = row * p.ldc + col;
    #if c4
      return vec4<f32>(c[at / 4u]);
    #end
    #if !c4
      return vec4<f32>(#list(e: f32(c[at + {e}u])));
    #end
  }
#end

fn put(z: u32, row: u32, col: u32, sum: vec4<f32>) {
  let at = (z * p.M + row) * p.ldc + col;
  #if c4
    if (row < p.M && col < p.N) { c[at / 4u] = c_t(sum); }
  #end
  #if !c4
    #for e: if (row < p.M && col + {e}u < p.N) { c[at + {e}u] = c_t(sum[{e}]); }
  #end
}

@compute @workgroup_size({lanesB}, {lanesA})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>, @builtin(local_invocation_index) n: u32) {
  let rowFrom = w.y * {rows}u;
  let colFrom = w.x * {cols}u;
  let row = rowFrom + l.y * 4u;
  let col = colFrom + l.x * 4u;
  #if add // the sums go on from C
    #for i, v: var c{i}_{v} = old(row + {offset}u, col + {offsetB}u);
  #end
  #if !add
    #for i, v: var c{i}_{v} = vec4<f32>();
  #end
  var k = w.z * p.cut;
  let end = min(p.K, k + p.cut);
  #if ahead
    #for t: var found{t} = Block();
    #for part: if ({when}) { found{t} = fetch{X}(n{less}, {from}, k); }
  #end
  for (; k < end; k += {depth}u) {
    #if ahead
      #for part: if ({when}) { keep{X}(n{less}, found{t}, k, end); }
    #end
    #if !ahead
      #for part: if ({when}) { keep{X}(n{less}, fetch{X}(n{less}, {from}, k), k, end); }
    #end
    workgroupBarrier();
    #if ahead // the next slab is on its way while this one is multiplied
      #for part: if ({when}) { found{t} = fetch{X}(n{less}, {from}, k + {depth}u); }
    #end
    #for k
      {
        #for u: let a{u} = slabA[{k}][{u}][l.y];
        #for v: let b{v} = slabB[{k}][{v}][l.x];
        #for i, v: c{i}_{v} = fma(vec4<f32>(a{u}.{rowPart}), b{v}, c{i}_{v});
      }
    #end
    workgroupBarrier();
  }
  #for i, v: put(w.z, row + {offset}u, col + {offsetB}u, c{i}_{v});
}

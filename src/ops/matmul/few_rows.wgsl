//     C = A B^T
//
// where A is [M, K] with {rows} rows, B is [N, K] and C is [M, N]. A workgroup computes {cols} columns of C, and its lanes share
// the sums over K. Columns beyond C are read from its last one and not written. A template (../unroll.ts) with the loads of
// weight_units.ts; indices: m (rows of A), n (columns of C, lines of B), g (groups of numbers in a unit of B, one load of A
// each), o (the registers of a group).
{functions}
@group(0) @binding(0) var<storage, read> a: {arrayA}; // [M, K]
@group(0) @binding(1) var<storage, read> b: {arrayB}; // [N, K]
#if scaled
@group(0) @binding(2) var<storage, read> scales: array<u32>; // [N, K / 32] halves: B = scale * byte
@group(0) @binding(3) var<storage, read_write> c: array<{typeC}>; // [M, N]
#end
#if !scaled
@group(0) @binding(2) var<storage, read_write> c: array<{typeC}>; // [M, N]
#end
struct Params { N: u32, units: u32, lda: u32, ldb: u32, ldc: u32 } // units of a line; lda in groups, ldb in units
@group(0) @binding({last}) var<uniform> p: Params;

#if shared
var<workgroup> parts: array<vec4<f32>, {parts}>; // sums of the lanes, {lanes} for each row of A
#end

@compute @workgroup_size({lanes})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let col = (w.y * groups.x + w.x) * {cols}u;
  if (col >= p.N) { return; }
  #for n
    let line{n} = min(col + {n}u, p.N - 1u);
    let rowB{n} = line{n} * p.ldb;
  #end
  #for m, n: var c{m}_{n} = 0.0;
  for (var u = lane; u < p.units; u += {lanes}u) {
    #for n: #loadB(raw{n}, rowB{n} + u)
    #if scaled
      #for m, n: var t{m}_{n} = 0.0;
    #end
    #for g
      #for m: #loadA(x{m}_{g}, {m}u * p.lda + u * {count}u + {g}u)
      #for n
        #unpack(w{n}_{g}, raw{n}, {g})
        #for m: {sum}{m}_{n} += #sum(o: #times(x{m}_{g}{o}, w{n}_{g}{o}));
      #end
    #end
    #if scaled
      #for n
        let block{n} = line{n} * p.units / {perBlock}u + u / {perBlock}u;
        let scale{n} = unpack2x16float(scales[block{n} / 2u])[block{n} & 1u];
        #for m: c{m}_{n} += scale{n} * t{m}_{n};
      #end
    #end
  }
  #if !shared
    #for m
      var all{m} = 0.0; // lane n writes column n
      #for n
        let sum{m}_{n} = subgroupAdd(c{m}_{n});
        all{m} = select(all{m}, sum{m}_{n}, lane == {n}u);
      #end
    #end
    if (lane < {cols}u && col + lane < p.N) {
      #for m: c[{m}u * p.ldc + col + lane] = {typeC}(all{m});
    }
  #end
  #if shared
    #for m: parts[{m}u * {lanes}u + lane] = vec4<f32>(#list(n: c{m}_{n}));
    workgroupBarrier();
    for (var i = lane; i < {rows}u * 16u; i += {lanes}u) { // sixteen sums of four lanes for each row
      let at = i / 16u * {lanes}u + i % 16u;
      parts[at] = parts[at] + parts[at + 16u] + parts[at + 32u] + parts[at + 48u];
    }
    workgroupBarrier();
    if (lane < {rows}u * 4u && col + lane % 4u < p.N) {
      var sum = 0.0;
      for (var i = 0u; i < 16u; i += 1u) { sum += parts[lane / 4u * {lanes}u + i][lane % 4u]; }
      c[lane / 4u * p.ldc + col + lane % 4u] = {typeC}(sum);
    }
  #end
}

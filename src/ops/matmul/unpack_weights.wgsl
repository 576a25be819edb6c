//     Y = W
//
// in floats, where W [N, K] are halves or bytes with scales, and Y is [N, K]. One invocation per unit of a line. A template
// (../unroll.ts) with the loads of weight_units.ts; index g (groups of numbers in a unit).
{functions}
@group(0) @binding(0) var<storage, read> w: {arrayW}; // [N, K]
#if scaled
@group(0) @binding(1) var<storage, read> scales: array<u32>; // [N, K / 32] halves: W = scale * byte
@group(0) @binding(2) var<storage, read_write> y: {arrayY}; // [N, K]
#end
#if !scaled
@group(0) @binding(1) var<storage, read_write> y: {arrayY}; // [N, K]
#end
struct Params { rows: u32, units: u32, ldw: u32, ldy: u32 } // units of a line; ldw in units, ldy in groups
@group(0) @binding({last}) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w_: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w_.y * groups.x + w_.x) * 64u + lane;
  if (i >= p.rows * p.units) { return; }
  let row = i / p.units;
  let unit = i % p.units;
  let to = row * p.ldy + unit * {count}u;
  #load(raw, row * p.ldw + unit)
  #if scaled
    let block = i / {perBlock}u;
    let scale = unpack2x16float(scales[block / 2u])[block & 1u];
  #end
  #for g
    #unpack(w{g}, raw, {g})
    #store(to + {g}u, w{g})
  #end
}

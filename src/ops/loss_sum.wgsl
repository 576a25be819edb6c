//     loss += sum_r nll_r / kept
//
// where nll is [R] and kept is the number of targets of the whole batch, so that micro-batches add up to its loss. One
// workgroup: each lane adds every WG-th row, sumAll adds those of all lanes.
@group(0) @binding(0) var<storage, read> nll: array<f32>;             // [R]
@group(0) @binding(1) var<storage, read> step: array<f32>;            // step[0] = 1 / kept targets
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;      // [1]
struct Params { rows: u32 }
@group(0) @binding(3) var<uniform> p: Params;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < p.rows; i += WG) { sum += nll[i]; }
  let all = sumAll(sum, lane);
  if (lane == 0u) { loss[0] += all * step[0]; }
}

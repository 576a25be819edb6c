//     nll = log sum_v exp(x_v) - x_target        dx_v = (softmax(x)_v - [v = target]) / kept
//
// where x [R, V] are the logits, target [R] are token ids, nll is [R], and kept is the number of targets of the whole batch
// that are not ignored. With GRAD the gradient dx replaces the logits, so that they are stored once. A row with a negative
// target is ignored: its nll and its gradient are 0. One workgroup per row: each lane keeps a maximum and a sum of exponentials
// of its Vecs, and the lanes join them.
@group(0) @binding(0) var<storage, read> targets: array<i32>;        // [all R], of which these are rows `first` ...
@group(0) @binding(1) var<storage, read> step: array<f32>;           // step[0] = 1 / number of targets kept in the whole batch
@group(0) @binding(2) var<storage, read_write> x: array<x_t>;        // [R, V]
@group(0) @binding(3) var<storage, read_write> nll: array<f32>;      // [all R]
struct Params { rows: u32, cols: u32, first: u32, vocab: u32 } // cols = V in Vecs; with PADDED only the first `vocab` of V are tokens
@group(0) @binding(4) var<uniform> p: Params;

// Vec c of the row at `start`; elements beyond the vocabulary are so small that their probability is 0.
fn logits(start: u32, c: u32) -> Vec {
  let v = x_vec(x[start + c]);
  if (PADDED && (c + 1u) * W > p.vocab) { return firsts(v, p.vocab - min(p.vocab, c * W)); }
  return v;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = w.y * groups.x + w.x;
  if (row >= p.rows) { return; }
  let start = row * p.cols;
  var laneMax = -1e30;
  var sum = 0.0;
  for (var c = lane; c < p.cols; c += WG) {
    let v = logits(start, c);
    let newMax = max(laneMax, largest(v));
    sum = sum * exp(laneMax - newMax) + total(expFrom(newMax, v));
    laneMax = newMax;
  }
  let rowMax = maxAll(laneMax, lane);
  let all = sumAll(sum * exp(laneMax - rowMax), lane);
  let target_ = targets[p.first + row];
  let kept = target_ >= 0;
  let t = u32(max(target_, 0));
  let factor = select(0.0, step[0] / all, kept);
  for (var c = lane; c < p.cols; c += WG) {
    let v = logits(start, c);
    let hit = kept && c == t / W;
    if (hit) { nll[p.first + row] = rowMax + log(all) - pick(v, t % W); }
    if (GRAD) {
      var g = expFrom(rowMax, v) * factor;
      if (hit) { g -= one(t % W) * step[0]; }
      x[start + c] = x_put(g);
    }
  }
  if (!kept && lane == 0u) { nll[p.first + row] = 0.0; }
}

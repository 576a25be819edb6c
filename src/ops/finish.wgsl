//     norm = sqrt(sum of parts)        c = min(1, clip / (norm + 1e-6))
//
// where parts are the sums of squares of norm.wgsl: the end of a step, one workgroup. control = (c, 1 if the update happens,
// else 0). The update happens where loss and norm are finite and, with step[7] > 0, the loss is no spike among those of the
// updates before it. A non-finite number is recognised by its bits, since shaders may assume that such numbers do not occur.
@group(0) @binding(0) var<storage, read> parts: array<f32>;               // sums of squares
@group(0) @binding(1) var<storage, read> loss: array<f32>;                // [1]
@group(0) @binding(2) var<storage, read> step: array<f32>;                // stepWords in adamw.ts
@group(0) @binding(3) var<storage, read_write> control: array<f32>;       // [2] factor on the gradients, 1 if the update happens
@group(0) @binding(4) var<storage, read_write> ring: array<vec4<f32>>;    // [slots] (loss, norm, 1 if updated, learning rate)
struct Params { parts: u32 }
@group(0) @binding(5) var<uniform> p: Params;

fn finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }

const window = 128u; // steps with which a loss is compared
const minUpdates = 64.0; // updates that have to be among them

// The loss of the `back`-th step before this one, and 1; zeros where that step was no update.
fn earlier(back: u32) -> vec2<f32> {
  let slots = arrayLength(&ring);
  let r = ring[(u32(step[6]) + slots - back) % slots];
  return select(vec2<f32>(), vec2<f32>(r.x, 1.0), r.z != 0.0);
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < p.parts; i += WG) { sum += parts[i]; }
  let norm = sqrt(sumAll(sum, lane));
  var first = vec2<f32>();
  for (var i = lane; i < window; i += WG) { first += earlier(i + 1u); }
  let n = sumAll(first.y, lane);
  let mean = sumAll(first.x, lane) / max(n, 1.0);
  var spread = 0.0;
  for (var i = lane; i < window; i += WG) {
    let e = earlier(i + 1u);
    spread += e.y * (e.x - mean) * (e.x - mean);
  }
  let limit = mean + step[7] * sqrt(sumAll(spread, lane) / max(n, 1.0));
  if (lane != 0u) { return; }
  let spike = step[7] > 0.0 && n >= minUpdates && loss[0] > limit;
  let ok = finite(norm) && finite(loss[0]) && !spike;
  control[0] = min(1.0, step[5] / (norm + 1e-6));
  control[1] = select(0.0, 1.0, ok);
  ring[u32(step[6])] = vec4<f32>(loss[0], norm, control[1], step[1]);
}

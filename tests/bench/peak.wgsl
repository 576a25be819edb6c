// Chains of multiply-adds without memory access: the peak at which the adapter computes. Eight independent accumulators
// hide the latency of an addition and fit into registers.
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
struct Params { rounds: u32, factor: f32 }
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let m = p.factor;
  let n = y[g.x];
  var a = n; var b = n + 1.0; var c = n + 2.0; var d = n + 3.0;
  var e = n + 4.0; var f = n + 5.0; var h = n + 6.0; var i = n + 7.0;
  for (var k = 0u; k < p.rounds; k += 1u) {
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
    a = a * m + n; b = b * m + n; c = c * m + n; d = d * m + n; e = e * m + n; f = f * m + n; h = h * m + n; i = i * m + n;
  }
  y[g.x] = a + b + c + d + e + f + h + i;
}

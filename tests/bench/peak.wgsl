// Multiply-add chains that depend on nothing but themselves: what the adapter can compute at most.
// Eight independent vec4 accumulators hide the latency of an addition.
@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
struct Params { rounds: u32, factor: f32 }
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let m = vec4<f32>(p.factor);
  var a = vec4<f32>(f32(g.x)); var b = a + m; var c = b + m; var d = c + m;
  var e = d + m; var f = e + m; var h = f + m; var i = h + m;
  for (var n = 0u; n < p.rounds; n += 1u) {
    a = a * m + a; b = b * m + b; c = c * m + c; d = d * m + d;
    e = e * m + e; f = f * m + f; h = h * m + h; i = i * m + i;
    a = a * m + m; b = b * m + m; c = c * m + m; d = d * m + m;
    e = e * m + m; f = f * m + m; h = h * m + m; i = i * m + m;
  }
  y[g.x] = a + b + c + d + e + f + h + i;
}

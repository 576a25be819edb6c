//     o = sum_p exp(m_p - m) o_p / sum_p exp(m_p - m) s_p        m = max_p m_p
//
// where part p of a query and head has the largest score m_p, the sum of weights s_p and the weighted values o_p [E], and o is
// [R, H E]. One invocation per Vec of o; parts of ranges that lie outside the row's span were not computed and are not read.
@group(0) @binding(0) var<storage, read> spans: array<vec2<u32>>; // [R] first and last key that the row sees
@group(0) @binding(1) var<storage, read> parts: array<parts_t>; // [R, H, P, E] weighted values
@group(0) @binding(2) var<storage, read> sums: array<vec2<f32>>; // [R, H, P] largest score, sum of the weights
@group(0) @binding(3) var<storage, read_write> o: array<o_t>; // [R, H E]
struct Params { size: u32, heads: u32, parts: u32, units: u32, keys: u32, lanes: u32 } // Vecs of o and of a head; a range has keys, and lanes parts
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i >= p.size) { return; }
  let head = i / p.units; // of all rows
  let span = spans[head / p.heads];
  let start = head * p.parts + span.x / p.keys * p.lanes;
  let end = head * p.parts + select((span.y / p.keys + 1u) * p.lanes, 0u, span.x > span.y);
  var largest = -1e30;
  for (var part = start; part < end; part += 1u) { largest = max(largest, sums[part].x); }
  var sum = 0.0;
  var out = Vec();
  for (var part = start; part < end; part += 1u) {
    let one = sums[part];
    let scale = exp(one.x - largest);
    sum += scale * one.y;
    out += parts_vec(parts[part * p.units + i % p.units]) * scale;
  }
  o[i] = o_put(out * select(0.0, 1.0 / sum, sum > 0.0));
}

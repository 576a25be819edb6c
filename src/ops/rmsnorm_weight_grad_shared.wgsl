//     dg_i += sum over rows of dy_i x_i r
//
// where x and dy are [R, D], r is [R] and dg is [D]; for GPUs. An invocation adds every 32nd row of a Vec of columns, and the
// first of the 32 adds their sums in order. Lanes beyond the last column add the last one again and write nothing.
@group(0) @binding(0) var<storage, read> x: array<x_t>;            // [R, D]
@group(0) @binding(1) var<storage, read> scale: array<f32>;        // [R]
@group(0) @binding(2) var<storage, read> dy: array<dy_t>;          // [R, D]
@group(0) @binding(3) var<storage, read_write> dg: array<dg_t>;    // [D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(4) var<uniform> p: Params;

var<workgroup> parts: array<array<Vec, 8>, 32>;

@compute @workgroup_size(8, 32)
fn main(@builtin(global_invocation_id) g: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>) {
  let c = min(g.x, p.cols - 1u);
  var sum = Vec();
  for (var row = l.y; row < p.rows; row += 32u) {
    sum += times(dy_vec(dy[row * p.cols + c]), x_vec(x[row * p.cols + c])) * scale[row];
  }
  parts[l.y][l.x] = sum;
  workgroupBarrier();
  if (l.y > 0u || g.x >= p.cols) { return; }
  for (var i = 1u; i < 32u; i += 1u) { sum += parts[i][l.x]; }
  dg[c] = dg_put(dg_vec(dg[c]) + sum);
}

//     dg_i += sum over rows of dy_i x_i r
//
// where x and dy are [R, D], r is [R] and dg is [D]. One invocation owns a Vec of columns and adds the rows in order, so that
// the sum has the same bits every time.
@group(0) @binding(0) var<storage, read> x: array<x_t>;            // [R, D]
@group(0) @binding(1) var<storage, read> scale: array<f32>;        // [R]
@group(0) @binding(2) var<storage, read> dy: array<dy_t>;          // [R, D]
@group(0) @binding(3) var<storage, read_write> dg: array<dg_t>;    // [D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let c = g.x;
  if (c >= p.cols) { return; }
  var sum = Vec();
  for (var row = 0u; row < p.rows; row += 1u) {
    sum += times(dy_vec(dy[row * p.cols + c]), x_vec(x[row * p.cols + c])) * scale[row];
  }
  dg[c] = dg_put(dg_vec(dg[c]) + sum);
}

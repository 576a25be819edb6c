//     dg_i += sum over rows of dy_i (x_i - m) r        db_i += sum over rows of dy_i
//
// where x and dy are [R, D], m and r are [R], and dg and db are [D]. One invocation owns a Vec of columns and adds the rows in
// order, so that the sums have the same bits every time.
@group(0) @binding(0) var<storage, read> x: array<x_t>;              // [R, D]
@group(0) @binding(1) var<storage, read> stats: array<vec2<f32>>;    // [R, 2] m and r
@group(0) @binding(2) var<storage, read> dy: array<dy_t>;            // [R, D]
@group(0) @binding(3) var<storage, read_write> dg: array<dg_t>;      // [D]
@group(0) @binding(4) var<storage, read_write> db: array<db_t>;      // [D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let c = g.x;
  if (c >= p.cols) { return; }
  var weight = Vec();
  var bias = Vec();
  for (var row = 0u; row < p.rows; row += 1u) {
    let d = dy_vec(dy[row * p.cols + c]);
    weight += times(d, centred(x_vec(x[row * p.cols + c]), stats[row].x)) * stats[row].y;
    bias += d;
  }
  dg[c] = dg_put(dg_vec(dg[c]) + weight);
  db[c] = db_put(db_vec(db[c]) + bias);
}

//     dg_i += sum over rows of dy_i (x_i - m) r        db_i += sum over rows of dy_i
//
// where x and dy are [R, D], m and r are [R], and dg and db are [D]; for GPUs. An invocation adds every 32nd row of a Vec of
// columns, and the first of the 32 adds their sums in order. Lanes beyond the last column add the last one again and write
// nothing.
@group(0) @binding(0) var<storage, read> x: array<x_t>;              // [R, D]
@group(0) @binding(1) var<storage, read> stats: array<vec2<f32>>;    // [R, 2] m and r
@group(0) @binding(2) var<storage, read> dy: array<dy_t>;            // [R, D]
@group(0) @binding(3) var<storage, read_write> dg: array<dg_t>;      // [D]
@group(0) @binding(4) var<storage, read_write> db: array<db_t>;      // [D]
struct Params { rows: u32, cols: u32 } // cols in Vecs
@group(0) @binding(5) var<uniform> p: Params;

struct Sums { weight: Vec, bias: Vec }
var<workgroup> parts: array<array<Sums, 8>, 32>;

@compute @workgroup_size(8, 32)
fn main(@builtin(global_invocation_id) g: vec3<u32>, @builtin(local_invocation_id) l: vec3<u32>) {
  let c = min(g.x, p.cols - 1u);
  var sums = Sums();
  for (var row = l.y; row < p.rows; row += 32u) {
    let d = dy_vec(dy[row * p.cols + c]);
    sums.weight += times(d, centred(x_vec(x[row * p.cols + c]), stats[row].x)) * stats[row].y;
    sums.bias += d;
  }
  parts[l.y][l.x] = sums;
  workgroupBarrier();
  if (l.y > 0u || g.x >= p.cols) { return; }
  for (var i = 1u; i < 32u; i += 1u) {
    sums.weight += parts[i][l.x].weight;
    sums.bias += parts[i][l.x].bias;
  }
  dg[c] = dg_put(dg_vec(dg[c]) + sums.weight);
  db[c] = db_put(db_vec(db[c]) + sums.bias);
}

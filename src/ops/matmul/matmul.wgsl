//     C_mn = sum_k A_mk B_kn
//
// where C is [M, N], or C += with ADD. A and B are read through strides, so that one kernel computes A B, A B^T and A^T B. An
// invocation owns 4 x 4 numbers of C in registers. Rows and columns beyond the matrix are read from its last row or column and
// not written. This kernel runs on every adapter; matmul_subgroup.wgsl is faster on software adapters, matmul_shared.wgsl on
// GPUs.
@group(0) @binding(0) var<storage, read> a: array<a_t>;          // A[m, k] at m * aRow + k * aCol
@group(0) @binding(1) var<storage, read> b: array<b_t>;          // B[k, n] at k * bRow + n * bCol
@group(0) @binding(2) var<storage, read_write> c: array<c_t>;    // [M, N] with ldc from row to row
struct Params { M: u32, N: u32, K: u32, aRow: u32, aCol: u32, bRow: u32, bCol: u32, ldc: u32 }
@group(0) @binding(3) var<uniform> p: Params;

fn first(row: u32, col: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  if (!ADD || row >= p.M) { return sum; }
  for (var i = 0u; i < min(4u, p.N - col); i += 1u) { sum[i] = f32(c[row * p.ldc + col + i]); }
  return sum;
}

fn store(row: u32, col: u32, sum: vec4<f32>) {
  if (row >= p.M) { return; }
  for (var i = 0u; i < min(4u, p.N - col); i += 1u) { c[row * p.ldc + col + i] = c_t(sum[i]); }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) g: vec3<u32>) {
  let row = g.y * 4u;
  let col = g.x * 4u;
  if (row >= p.M || col >= p.N) { return; }
  let rows = min(vec4<u32>(row) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.M - 1u)) * p.aRow;
  let cols = min(vec4<u32>(col) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(p.N - 1u)) * p.bCol;
  var c0 = first(row, col);
  var c1 = first(row + 1u, col);
  var c2 = first(row + 2u, col);
  var c3 = first(row + 3u, col);
  for (var k = 0u; k < p.K; k += 1u) {
    let at_b = cols + vec4<u32>(k * p.bRow);
    let y = vec4<f32>(f32(b[at_b.x]), f32(b[at_b.y]), f32(b[at_b.z]), f32(b[at_b.w]));
    let at_a = rows + vec4<u32>(k * p.aCol);
    c0 += f32(a[at_a.x]) * y;
    c1 += f32(a[at_a.y]) * y;
    c2 += f32(a[at_a.z]) * y;
    c3 += f32(a[at_a.w]) * y;
  }
  store(row, col, c0);
  store(row + 1u, col, c1);
  store(row + 2u, col, c2);
  store(row + 3u, col, c3);
}

/**
 * Conversion between heads apart, [B, H, T, D], as in golden files, and heads side by side in rows, as in kernels.
 *
 * @module
 */

/** Reorders [B, H, T, D] to rows [B * T, H * D] at column `at` of `into`, or back. */
export function heads(
  data: Float32Array,
  shape: number[],
  into: Float32Array,
  cols: number,
  at: number,
  back = false,
): void {
  const [B, H, T, D] = shape;
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        for (let d = 0; d < D; d++) {
          const i = ((b * H + h) * T + t) * D + d;
          const j = (b * T + t) * cols + at + h * D + d;
          if (back) data[i] = into[j];
          else into[j] = data[i];
        }
      }
    }
  }
}

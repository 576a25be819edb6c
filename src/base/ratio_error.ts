/**
 * How far a mean over units of unequal size would move if other units of the same kind had been drawn.
 *
 * @module
 */

/**
 * Standard error of sum(tops) / sum(bottoms) over units such as items or windows (the linearised ratio estimator,
 * Cochran 1977); undefined for fewer than two.
 */
export function ratioError(tops: readonly number[], bottoms: readonly number[]): number | undefined {
  const n = tops.length;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  if (n < 2) return undefined;
  const whole = sum(bottoms);
  const ratio = sum(tops) / whole;
  return Math.sqrt(n / (n - 1) * sum(tops.map((top, i) => (top - ratio * bottoms[i]) ** 2))) / whole;
}

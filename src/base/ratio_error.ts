/**
 * The standard error of a mean over units of unequal size.
 *
 * @module
 */

/**
 * Returns the standard error of sum(numerators) / sum(denominators) over units such as items or windows (the linearised
 * ratio estimator, Cochran 1977); undefined for fewer than two units.
 */
export function ratioError(
  numerators: readonly number[],
  denominators: readonly number[],
): number | undefined {
  const n = numerators.length;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  if (n < 2) return undefined;
  const whole = sum(denominators);
  const ratio = sum(numerators) / whole;
  return Math.sqrt(n / (n - 1) * sum(numerators.map((x, i) => (x - ratio * denominators[i]) ** 2))) / whole;
}

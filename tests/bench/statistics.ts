/**
 * Medians and ratios: the only figures that mean something on a machine that others use too.
 *
 * @module
 */

/** The middle of the numbers, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A median with the range it comes from. */
export interface Spread {
  /** The middle. */
  median: number;
  /** The smallest. */
  low: number;
  /** The largest. */
  high: number;
}

/** Median and range of at least one number. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Spread of a[i] / b[i]: each pair was measured at the same time. */
export function ratios(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, i) => value / b[i]));
}

/** `13.9x (9.7-17.5)`. */
export function showRatio({ median, low, high }: Spread): string {
  const digits = median < 10 ? 2 : 1;
  return `${median.toFixed(digits)}x (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** A number with three digits that count. */
export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

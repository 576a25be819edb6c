/**
 * Medians and ratios, which other work of the machine disturbs least.
 *
 * @module
 */

/** Returns the median: the number in the middle, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** A median with its range. */
export interface Spread {
  /** The median. */
  median: number;
  /** The smallest. */
  low: number;
  /** The largest. */
  high: number;
}

/** Returns the median and the range of at least one number. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/** Returns the spread of a[i] / b[i], each pair measured in the same round. */
export function ratios(a: readonly number[], b: readonly number[]): Spread {
  return spread(a.map((value, i) => value / b[i]));
}

/** Formats a ratio as `13.9x (9.7-17.5)`. */
export function showRatio({ median, low, high }: Spread): string {
  const digits = median < 10 ? 2 : 1;
  return `${median.toFixed(digits)}x (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** Formats a number with three significant digits. */
export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

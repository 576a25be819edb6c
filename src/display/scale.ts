/**
 * Scales of axes, from values to pixels, with ticks at round numbers (steps of 1, 2 or 5 times a power of ten).
 *
 * @module
 */
import { fixed, number } from "./format.ts";

/** The scale of an axis. */
export interface Scale {
  /** Returns the pixel of a value; values outside the axis are at its nearer end. */
  at(value: number): number;
  /** Values with a tick, ascending, and the text beside it. */
  ticks: { value: number; text: string }[];
}

/** Returns the smallest and the largest value, widened where they are equal or none is finite; huge values are clipped. */
export function extent(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (Number.isFinite(value)) low = Math.min(low, value), high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  low = clip(low), high = clip(high);
  if (high - low > Math.max(Math.abs(low) * 1e-12, Math.abs(high) * 1e-12, 1e-290)) return [low, high];
  const half = low === 0 ? 1 : Math.max(Math.abs(low) * 0.1, 1e-290);
  return [low - half, high + half];
}

/**
 * Returns a linear scale from `from` to `to` pixels with about `wanted` ticks. The distance of ticks is at least
 * `minStep`, which is 1 for an axis of integers.
 */
export function linearScale(
  [low, high]: [number, number],
  from: number,
  to: number,
  wanted: number,
  minStep = 0,
): Scale {
  // Divided by 4, so that no difference overflows.
  const at = (value: number) => from + share((value / 4 - low / 4) / (high / 4 - low / 4)) * (to - from);
  const step = Math.max(minStep, niceStep((high - low) / Math.max(1, wanted)));
  const first = Math.ceil(low / step - 1e-6);
  const last = Math.floor(high / step + 1e-6);
  const values = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
  return { at, ticks: values.map((value) => ({ value, text: tickText(value, step) })) };
}

/**
 * Returns a logarithmic scale from 10^a to 10^b. Ticks are powers of ten, and 2 and 5 between them where there is room;
 * within less than a decade they are those of a linear scale.
 */
export function logScale([a, b]: [number, number], from: number, to: number, wanted: number): Scale {
  const at = (value: number) => from + share((Math.log10(value) - a) / (b - a)) * (to - from);
  if (b - a < 1) return { at, ticks: linearScale([clip(10 ** a), clip(10 ** b)], from, to, wanted).ticks };
  const every = Math.max(1, Math.ceil((b - a) / wanted));
  const parts = every === 1 && (b - a) * 2 <= wanted ? [1, 2, 5] : [1];
  const ticks: Scale["ticks"] = [];
  for (let power = Math.floor(a / every) * every; power <= b; power += every) {
    for (const part of parts) {
      const value = Number(`${part}e${power}`);
      const exponent = power + Math.log10(part);
      const representable = value > 0 && value < Infinity;
      if (representable && exponent >= a - 1e-9 && exponent <= b + 1e-9) {
        ticks.push({ value, text: tickText(value, value) });
      }
    }
  }
  return { at, ticks };
}

function share(x: number): number {
  return Math.max(0, Math.min(1, x));
}

/** Clips a value to a quarter of the largest double, within which the range of an axis and its margins are finite. */
function clip(value: number): number {
  return Math.max(-4e307, Math.min(4e307, value));
}

/** Returns 1, 2 or 5 times a power of ten, the one closest to `raw` by ratio. */
function niceStep(raw: number): number {
  const power = Math.floor(Math.log10(raw));
  const rest = raw / 10 ** power;
  const part = rest < 1.42 ? 1 : rest < 3.17 ? 2 : rest < 7.08 ? 5 : 10;
  return Number(`${part}e${power}`);
}

/** Formats `value` with the decimals of `step`; from ten thousand on with K, M, B or T, above these with an exponent. */
function tickText(value: number, step: number): string {
  const size = Math.abs(value);
  const places = (x: number) => Math.floor(Math.log10(x) + 1e-9);
  if (size < step / 1e3) return "0";
  if (size >= 1e15 || (step < 1e-5 && size < step * 1e3)) {
    return value.toExponential(Math.min(15, Math.max(0, places(size) - places(step)))).replace("e+", "e");
  }
  const unit = step < 1 || size < 1e4 ? 0 : Math.min(4, Math.floor(places(size) / 3));
  const decimals = Math.max(0, 3 * unit - places(step));
  if (unit > 0 && decimals > 6) return number(value, 6);
  return `${fixed(value / 1000 ** unit, decimals)}${["", "K", "M", "B", "T"][unit]}`;
}

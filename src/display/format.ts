/**
 * Numbers as short text for people, by the same rules everywhere.
 *
 * @module
 */

const COUNT_UNITS = ["", "K", "M", "B", "T"];
const ENERGY_UNITS = [" Wh", " kWh", " MWh", " GWh", " TWh"];
const MASS_UNITS = [" g", " kg", " t", " kt", " Mt"];
const FLOP_UNITS = [" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP", " EFLOP"];
const BYTE_UNITS = [" B", " kB", " MB", " GB", " TB", " PB"];

/** Formats a count with three significant digits and a suffix: `count(1234567)` is `"1.23M"`; below 1000 without. */
export function count(x: number): string {
  return scaled(x, COUNT_UNITS);
}

/** Formats a size in bytes in decimal units: `bytes(56_800_000)` is `"56.8 MB"` (1 kB is 1000 bytes). */
export function bytes(x: number): string {
  return scaled(x, BYTE_UNITS);
}

/** Formats a number of floating point operations: `flop(2.5e9)` is `"2.50 GFLOP"`. */
export function flop(x: number): string {
  return scaled(x, FLOP_UNITS);
}

/** Formats an energy in watt-hours: `energy(449e6)` is `"449 MWh"`. */
export function energy(wattHours: number): string {
  return scaled(wattHours, ENERGY_UNITS);
}

/** Formats a mass in grams: `mass(173e6)` is `"173 t"`. */
export function mass(grams: number): string {
  return scaled(grams, MASS_UNITS);
}

function scaled(x: number, units: string[]): string {
  if (!(Math.abs(x) < 1e21)) return number(x, 3);
  let unit = 0;
  let value = Math.abs(x);
  while (unit < units.length - 1 && value >= 999.5) value /= 1000, unit++;
  const digits = unit === 0 || value >= 999.5 ? number(value, 3) : value.toPrecision(3);
  return (x < 0 ? "-" : "") + digits + units[unit];
}

/** Formats a time in seconds: `"250 ms"`, `"3.2 s"`, `"1 min 05 s"`, `"2 h 05 min"`, `"3 d 04 h"`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return number(seconds);
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 0.9995) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3599.5) return two(Math.round(seconds), 60, "min", "s");
  if (seconds < 86_370) return two(Math.round(seconds / 60), 60, "h", "min");
  return two(Math.round(seconds / 3600), 24, "d", "h");
}

function two(total: number, base: number, large: string, small: string): string {
  return `${group(String(Math.floor(total / base)))} ${large} ${
    String(total % base).padStart(2, "0")
  } ${small}`;
}

/**
 * Formats a number with `digits` significant digits (default 4). Digits before the point are never rounded, integers have
 * no decimals, whole digits are grouped by threes (`"1,721"`); very small and very large numbers get an exponent.
 */
export function number(x: number, digits = 4): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "-∞";
  const size = Math.abs(x);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return x.toExponential(digits - 1).replace("e+", "e");
  if (Number.isInteger(x)) return group(String(x === 0 ? 0 : x));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Number(size.toPrecision(digits)))));
  return fixed(x, decimals);
}

/** Formats a number with exactly `decimals` digits after the point, its whole digits grouped. */
export function fixed(x: number, decimals: number): string {
  if (!Number.isFinite(x)) return number(x);
  const [whole, rest] = x.toFixed(decimals).split(".");
  const text = rest === undefined ? group(whole) : `${group(whole)}.${rest}`;
  return Number(x.toFixed(decimals)) === 0 ? text.replace("-", "") : text;
}

/** Formats a share as a percentage: `percent(0.1234)` is `"12.3%"`. */
export function percent(share: number, decimals = 1): string {
  return Number.isFinite(share) ? `${fixed(share * 100, decimals)}%` : number(share);
}

/** Formats a speed: `rate(1721, "tokens")` is `"1,721 tokens/s"`; from ten thousand on with a suffix (`"12.3K tokens/s"`). */
export function rate(perSecond: number, unit: string): string {
  const amount = Math.abs(perSecond) < 9999.5
    ? number(Math.abs(perSecond) < 100 ? perSecond : Math.round(perSecond), 3)
    : count(perSecond);
  return `${amount} ${unit}/s`;
}

/**
 * Formats a number of things: `plural(1, "document")` is `"1 document"`, `plural(1721, "document")` is
 * `"1,721 documents"`. `many` is the plural of a noun that does not follow the rules.
 */
export function plural(amount: number, noun: string, many: string = pluralOf(noun)): string {
  return `${number(amount)} ${amount === 1 ? noun : many}`;
}

function pluralOf(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|z|sh|[^o]ch)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** Groups whole digits by threes. */
function group(whole: string): string {
  return whole.includes("e") ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

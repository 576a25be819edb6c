/**
 * Numbers with their standard errors: the expected change of a score when other items of the same kind are asked.
 *
 * A share of right items has Wilson's interval too (Wilson 1927), which holds for few items and for shares of 0 and 1,
 * where the standard error says 0. Means of scores and losses have the standard error alone.
 *
 * @module
 */
import { fixed, number } from "../../display/mod.ts";

/** One number of a result. */
export interface Measure {
  /** Name of the measured quantity: `accuracy`, `exact match`, `loss`. */
  metric: string;
  /** The value; shares lie between 0 and 1. */
  value: number;
  /** Standard error in the unit of the value; undefined when it is not known. */
  error?: number;
  /** 95 % Wilson interval of a share of items; undefined for other values. */
  interval?: readonly [low: number, high: number];
  /** Number of items, or of tokens for a loss, over which the value is a mean. */
  n: number;
  /** Unit of the value; a `share` is shown in percent. */
  unit: "share" | "nats per token" | "bits per byte" | "";
  /** Expected value of a random guess, as a share. */
  chance?: number;
}

/** The 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** Returns the 95 % Wilson score interval of a share of `n` items; undefined without items. */
export function wilsonInterval(share: number, n: number): [low: number, high: number] | undefined {
  if (n === 0) return undefined;
  const centre = share + Z * Z / (2 * n);
  const half = Z * Math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
  const scale = 1 + Z * Z / n;
  return [share === 0 ? 0 : (centre - half) / scale, share === 1 ? 1 : (centre + half) / scale];
}

/** Returns the share of items that are right, with the standard error sqrt(p (1 - p) / n) and Wilson's interval. */
export function shareOf(metric: string, right: readonly boolean[], chance?: number): Measure {
  const n = right.length;
  const value = right.filter(Boolean).length / n;
  const error = Math.sqrt(value * (1 - value) / n);
  return { metric, value, error, interval: wilsonInterval(value, n), n, unit: "share", chance };
}

/**
 * Returns the mean of values, with the standard error s / sqrt(n), where s has n - 1 in the denominator; one value has no
 * error. A share whose values are all 0 or 1 has Wilson's interval.
 */
export function meanOf(metric: string, values: readonly number[], unit: Measure["unit"] = ""): Measure {
  const n = values.length;
  const value = sum(values) / n;
  const squares = sum(values.map((x) => (x - value) ** 2));
  const error = n > 1 ? Math.sqrt(squares / (n - 1) / n) : undefined;
  const counted = unit === "share" && values.every((x) => x === 0 || x === 1);
  return { metric, value, error, ...counted ? { interval: wilsonInterval(value, n) } : {}, n, unit };
}

/**
 * Measures all items, then the items of each group, in the order in which groups are first met. Groups that items name
 * first (groups of subjects) come before those that they name next (subjects).
 */
export function withGroups<Item extends { groups: readonly string[] }>(
  metric: string,
  items: readonly Item[],
  measure: (metric: string, items: readonly Item[]) => Measure,
): Measure[] {
  const depth = Math.max(0, ...new Set(items.map(({ groups }) => groups.length)));
  const members = new Map<string, Item[]>();
  for (let level = 0; level < depth; level++) {
    for (const item of items) {
      const group = item.groups[level];
      if (group === undefined) continue;
      const others = members.get(group);
      if (others) others.push(item);
      else members.set(group, [item]);
    }
  }
  return [
    measure(metric, items),
    ...[...members].map(([group, some]) => measure(`${metric}, ${group}`, some)),
  ];
}

/** The sums from which a loss is computed. */
interface LossSums {
  /** Minus the log-probability of all tokens, in nats. */
  nats: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text behind the tokens; 0 when the number is not known. */
  bytes: number;
  /** Standard error of the nats per token. */
  error?: number;
  /** The `n` of the measures. */
  n: number;
}

/** Returns a loss as nats per token, bits per byte (when the bytes are known) and perplexity. */
export function lossMeasures({ nats, tokens, bytes, error, n }: LossSums): Measure[] {
  const perplexity = Math.exp(nats / tokens);
  const bits = 1 / Math.LN2 / bytes;
  const scaled = (factor: number) => error === undefined ? undefined : error * factor;
  const measures: Measure[] = [
    { metric: "loss", value: nats / tokens, error, n, unit: "nats per token" },
    { metric: "bits per byte", value: nats * bits, error: scaled(tokens * bits), n, unit: "bits per byte" },
    { metric: "perplexity", value: perplexity, error: scaled(perplexity), n, unit: "" },
  ];
  return bytes > 0 ? measures : [measures[0], measures[2]];
}

/** Writes a measure with its error: `79.8 ± 0.9%`, `4.931 ± 0.021`. */
export function showMeasure({ value, error, unit }: Measure): string {
  const write = (x: number) => unit === "share" ? fixed(100 * x, 1) : number(x);
  const spread = error === undefined ? "" : ` ± ${unit === "share" ? write(error) : number(error, 2)}`;
  return `${write(value)}${spread}${unit === "share" ? "%" : ""}`;
}

/** Writes the interval of a measure in percent, `77.9 to 81.6%`; empty where there is none. */
export function showInterval({ interval }: Measure): string {
  if (interval === undefined) return "";
  return `${fixed(100 * interval[0], 1)} to ${fixed(100 * interval[1], 1)}%`;
}

/** Returns the sum of `values`. */
export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

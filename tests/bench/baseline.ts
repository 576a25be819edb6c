/**
 * The stored baseline: the figures of each adapter, with which new ones are compared.
 *
 * Where a figure is a share of the adapter's peak, shares are compared (by processor time where that is known) and not
 * speeds, since other work may have run beside the baseline.
 *
 *     deno task bench --save        writes tests/bench/baseline.json
 *
 * @module
 */
import { type Figure, moreIsBetter, type Section, type Unit } from "./figure.ts";

/** The measurements of an adapter. */
export interface Entry {
  /** Day of measurement, such as 2025-01-31. */
  date: string;
  /** Version of Deno. */
  deno: string;
  /** Figures by `section: name`. */
  figures: Record<string, Found>;
}

/** A figure as it is stored. */
export interface Found {
  /** The figure. */
  value: number;
  /** Its unit. */
  unit: Unit;
  /** Share of the adapter's best by wall time. */
  share?: number;
  /** The same by processor time. */
  cpuShare?: number;
}

/** Entries by adapter. */
export type Baseline = Record<string, Entry>;

/** Returns the key of a figure. */
export function keyOf(section: string, figure: string): string {
  return `${section}: ${figure}`;
}

/** Reads a baseline file; a missing one is empty. */
export async function readBaseline(path: URL | string): Promise<Baseline> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function found({ value, unit, share, cpuShare }: Figure): Found {
  return { value: round(value), unit, share: round(share?.median), cpuShare: round(cpuShare?.median) };
}

/** Rounds to four digits, which is more than two runs agree on. */
function round<T extends number | undefined>(x: T): T {
  return (x === undefined ? x : Number(x.toPrecision(4))) as T;
}

/** Returns the ratio of a figure to its baseline, above 1 for a better one; undefined without a baseline in that unit. */
export function betterBy(
  baseline: Baseline,
  adapter: string,
  section: string,
  figure: Figure,
): number | undefined {
  const entry = Object.hasOwn(baseline, adapter) ? baseline[adapter] : undefined;
  const before = entry?.figures[keyOf(section, figure.name)];
  const now = found(figure);
  if (before?.unit !== figure.unit) return undefined;
  for (const key of ["cpuShare", "share"] as const) {
    if (before[key] !== undefined && now[key] !== undefined) return now[key] / before[key];
  }
  return moreIsBetter(figure.unit) ? now.value / before.value : before.value / now.value;
}

/** Replaces the figures of `sections` in an adapter's entry and keeps all others. */
export function withFigures(
  baseline: Baseline,
  adapter: string,
  { date, deno }: { date: string; deno: string },
  sections: readonly Section[],
): Baseline {
  const figures = sections.flatMap(({ name, figures }) =>
    figures.map((figure) => [keyOf(name, figure.name), found(figure)] as const)
  );
  const before = Object.hasOwn(baseline, adapter) ? baseline[adapter].figures : {};
  return { ...baseline, [adapter]: { date, deno, figures: { ...before, ...Object.fromEntries(figures) } } };
}

/** Writes a baseline file. */
export async function writeBaseline(path: URL | string, baseline: Baseline): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(baseline, null, 2) + "\n");
}

/**
 * The stored baseline: figures by adapter, so that a change shows as a ratio.
 *
 *     deno task bench --save        writes tests/bench/baseline.json
 *
 * @module
 */
import type { Figure, Section, Unit } from "./figure.ts";

/** What was measured on an adapter. */
export interface Entry {
  /** Day of measurement, such as 2025-01-31. */
  date: string;
  /** Version of Deno. */
  deno: string;
  /** Values by `section: name`. */
  figures: Record<string, { value: number; unit: Unit }>;
}

/** Entries by adapter. */
export type Baseline = Record<string, Entry>;

/** The key of a figure. */
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

/** The value that a figure had, or undefined where it was not measured or had another unit. */
export function valueBefore(
  baseline: Baseline,
  adapter: string,
  section: string,
  { name, unit }: Figure,
): number | undefined {
  const entry = Object.hasOwn(baseline, adapter) ? baseline[adapter] : undefined;
  const before = entry?.figures[keyOf(section, name)];
  return before?.unit === unit ? before.value : undefined;
}

/** Replaces the figures of `sections` in an adapter's entry; others keep what they had. */
export function withFigures(
  baseline: Baseline,
  adapter: string,
  when: { date: string; deno: string },
  sections: readonly Section[],
): Baseline {
  const figures = sections.flatMap(({ name, figures }) =>
    figures.map(({ name: what, value, unit }) => [keyOf(name, what), { value, unit }] as const)
  );
  const before = Object.hasOwn(baseline, adapter) ? baseline[adapter].figures : {};
  return { ...baseline, [adapter]: { ...when, figures: { ...before, ...Object.fromEntries(figures) } } };
}

/** Writes a baseline file. */
export async function writeBaseline(path: URL | string, baseline: Baseline): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(baseline, null, 2) + "\n");
}

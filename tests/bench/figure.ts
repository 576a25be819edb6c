/**
 * A figure of the bench, and its form in a terminal and in the documentation.
 *
 * @module
 */
import { table } from "../../src/display/mod.ts";
import { wideText } from "../support/wide_text.ts";
import { short, type Spread } from "./statistics.ts";

/** A speed in billions per second, and as a share of the adapter's peak. */
export interface Speed {
  /** Milliseconds. */
  ms: Spread;
  /** Billions of operations, or of bytes, per second. */
  speed: number;
  /** Share of the yardstick's speed; each round is compared with the yardstick in the same round. */
  share: Spread;
  /** The share by processor time, on a software adapter: it does not depend on other work of the machine. */
  cpuShare?: Spread;
}

/** Units; lower is better for the last three. */
export type Unit = "GFLOP/s" | "GB/s" | "tok/s" | "MB/s" | "MB" | "ms" | "s";

/** One measured figure. */
export interface Figure {
  /** Name of the measurement; with its section the key of the baseline. */
  name: string;
  /** The figure, a median where it was measured more than once. */
  value: number;
  /** Its unit. */
  unit: Unit;
  /** Milliseconds per run and their range. */
  ms?: Spread;
  /** Share of the adapter's peak, or of its copy speed. */
  share?: Spread;
  /** That share by processor time. */
  cpuShare?: Spread;
  /** Note beside the figure. */
  note?: string;
}

/** Figures that belong together. */
export interface Section {
  /** Its name. */
  name: string;
  /** Explanation for readers, such as the unit of the shares. */
  about: string;
  /** Figures in the order of measurement. */
  figures: Figure[];
}

/** Returns the figure of a measurement against a yardstick. */
export function figureOf(name: string, unit: Unit, { speed, ...rest }: Speed): Figure {
  return { name, value: speed, unit, ...rest };
}

/** Returns true where higher is better. */
export function moreIsBetter(unit: Unit): boolean {
  return unit !== "ms" && unit !== "s" && unit !== "MB";
}

/** Returns the table cells of a figure; `better` is its ratio to the baseline. */
function cells(
  { name, value, unit, ms, share, cpuShare, note }: Figure,
  better?: number,
): Record<string, string> {
  const percent = (x: number) => `${(100 * x).toFixed(0)}`;
  return {
    what: name,
    "ms, median (range)": ms ? `${short(ms.median)} (${short(ms.low)}-${short(ms.high)})` : "",
    figure: `${short(value)} ${unit}`,
    "% of the best": share ? `${percent(share.median)} (${percent(share.low)}-${percent(share.high)})` : "",
    "% by CPU time": cpuShare ? percent(cpuShare.median) : "",
    "against the baseline": better === undefined ? "" : `${better.toFixed(2)}x`,
    note: note ?? "",
  };
}

/** Returns the columns that at least one figure fills. */
function rowsOf(
  { figures }: Section,
  better: (figure: Figure) => number | undefined,
): Record<string, string>[] {
  const rows = figures.map((figure) => cells(figure, better(figure)));
  const filled = Object.keys(rows[0] ?? {}).filter((key) => rows.some((row) => row[key] !== ""));
  return rows.map((row) => Object.fromEntries(filled.map((key) => [key, row[key]])));
}

/** Returns a section as text. */
export function sectionText(section: Section, better: (figure: Figure) => number | undefined): string {
  if (section.figures.length === 0) return `${section.name}\n${section.about}`;
  return wideText(table(rowsOf(section, better), { title: section.name, note: section.about }));
}

/** Returns a section as Markdown, without the comparison with a baseline. */
export function sectionMarkdown(section: Section): string {
  const head = `### ${section.name}\n\n${section.about}\n`;
  return section.figures.length ? `${head}\n${markdownTable(rowsOf(section, () => undefined))}\n` : head;
}

/** Returns rows as a Markdown table. */
export function markdownTable(rows: readonly Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (values: readonly string[]) =>
    `| ${values.map((value) => value.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [
    line(names),
    `|${"---|".repeat(names.length)}`,
    ...rows.map((row) => line(names.map((n) => row[n]))),
  ]
    .join("\n");
}

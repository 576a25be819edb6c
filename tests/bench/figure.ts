/**
 * A figure of the bench, and how figures are shown: in a terminal and in the documentation.
 *
 * @module
 */
import { table } from "../../src/display/mod.ts";
import { short, type Spread } from "./statistics.ts";

/** How fast something is, in billions a second, and as a share of what is possible. */
export interface Speed {
  /** Milliseconds. */
  ms: Spread;
  /** Billions of operations, or bytes, a second. */
  speed: number;
  /** Share of the yardstick's speed, each round against the yardstick in the same round. */
  share: Spread;
  /** The same by processor time, on a software adapter: what is left of the share when nothing else runs. */
  cpuShare?: Spread;
}

/** Units; with the last three less is better. */
export type Unit = "GFLOP/s" | "GB/s" | "tok/s" | "MB/s" | "MB" | "ms" | "s";

/** One measured figure. */
export interface Figure {
  /** What was measured; with its group the key of the baseline. */
  name: string;
  /** The figure, a median where it was measured more than once. */
  value: number;
  /** Its unit. */
  unit: Unit;
  /** Milliseconds a run and their range. */
  ms?: Spread;
  /** Share of the adapter's peak, or of its copy speed. */
  share?: Spread;
  /** The same by processor time. */
  cpuShare?: Spread;
  /** What must be said beside it. */
  note?: string;
}

/** Figures that belong together. */
export interface Section {
  /** Its name. */
  name: string;
  /** What the shares are shares of, and what else a reader must know. */
  about: string;
  /** In the order of measurement. */
  figures: Figure[];
}

/** The figure of something that was measured against a yardstick. */
export function figureOf(name: string, unit: Unit, { speed, ...rest }: Speed): Figure {
  return { name, value: speed, unit, ...rest };
}

/** True where more is better. */
export function moreIsBetter(unit: Unit): boolean {
  return unit !== "ms" && unit !== "s" && unit !== "MB";
}

/** The cells of a figure; `better` is its ratio to the baseline. */
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

/** The columns that some figure fills. */
function rowsOf(
  { figures }: Section,
  better: (figure: Figure) => number | undefined,
): Record<string, string>[] {
  const rows = figures.map((figure) => cells(figure, better(figure)));
  const filled = Object.keys(rows[0] ?? {}).filter((key) => rows.some((row) => row[key] !== ""));
  return rows.map((row) => Object.fromEntries(filled.map((key) => [key, row[key]])));
}

/** A section as text. */
export function sectionText(section: Section, better: (figure: Figure) => number | undefined): string {
  return table(rowsOf(section, better), { title: section.name, note: section.about }).text;
}

/** A section as Markdown; figures are not compared with a baseline there. */
export function sectionMarkdown(section: Section): string {
  return `### ${section.name}\n\n${section.about}\n\n${markdownTable(rowsOf(section, () => undefined))}\n`;
}

/** Rows as a Markdown table. */
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

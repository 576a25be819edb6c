/**
 * The scores that the paper prints, including those of other models that it quotes.
 *
 * @module
 */
import paper from "./paper_tables.json" with { type: "json" };

/** A column of a table of the paper. */
export interface PublishedColumn {
  /** Number of the table. */
  table: number;
  /** Name of the benchmark. */
  task: string;
  /** Name of the metric in reports. */
  metric: string;
  /** Number of examples before each prompt; undefined when the paper does not say. */
  shots?: number;
  /** Variant of the benchmark, for benchmarks with several. */
  variant?: string;
  /** `share` for numbers in percent, `fraction` for numbers between 0 and 1. */
  unit: "share" | "fraction";
  /** Scores by model, in the order of the table. */
  rows: Readonly<Record<string, number>>;
}

/** All columns of tables 3 to 14 and 16. */
export const published: readonly PublishedColumn[] = paper.columns as unknown as PublishedColumn[];

/** Titles of the tables, by number. */
export const publishedTitles: Readonly<Record<string, string>> = paper.titles;

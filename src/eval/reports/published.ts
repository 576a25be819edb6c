/**
 * Scores printed in the paper (Touvron et al. 2023), those of other models as it quotes them.
 *
 * @module
 */
import paper from "./paper_tables.json" with { type: "json" };

/** A column of a table of the paper. */
export interface PublishedColumn {
  /** Number of the table. */
  table: number;
  /** The benchmark. */
  task: string;
  /** The metric, as our measures name it. */
  metric: string;
  /** Examples in front of each prompt, where the number is known. */
  shots?: number;
  /** The variant of the benchmark, where it has several. */
  variant?: string;
  /** `share`: the numbers are percent; `fraction`: they lie between 0 and 1. */
  unit: "share" | "fraction";
  /** Numbers by model, in the order of the table. */
  rows: Readonly<Record<string, number>>;
}

/** Every column of tables 3 to 14 and 16. */
export const published: readonly PublishedColumn[] = paper.columns as unknown as PublishedColumn[];

/** Titles of the tables, by number. */
export const publishedTitles: Readonly<Record<string, string>> = paper.titles;

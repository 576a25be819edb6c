/**
 * The numbers of tables 1, 2 and 15, which hold no scores (Touvron and others 2023, arXiv 2302.13971v1).
 *
 * @module
 */
import type { SourceName } from "../run/corpus.ts";

/** A row of Table 1. */
export interface DataRow {
  /** Name in the paper. */
  name: string;
  /** Share of the training tokens, in percent. */
  percent: number;
  /** Times that it is read in 1.4 T tokens. */
  epochs: number;
  /** Size on disk, as printed. */
  disk: string;
  /** Format of its raw files in a run of ours. */
  format: string;
}

/** Table 1: the pre-training data. */
export const table1: Record<SourceName, DataRow> = {
  commonCrawl: { name: "CommonCrawl", percent: 67, epochs: 1.1, disk: "3.3 TB", format: "WET, gzip" },
  c4: { name: "C4", percent: 15, epochs: 1.06, disk: "783 GB", format: "JSON Lines, gzip" },
  github: { name: "Github", percent: 4.5, epochs: 0.64, disk: "328 GB", format: "JSON Lines, gzip" },
  wikipedia: { name: "Wikipedia", percent: 4.5, epochs: 2.45, disk: "83 GB", format: "MediaWiki XML, gzip" },
  books: { name: "Books", percent: 4.5, epochs: 2.23, disk: "85 GB", format: "text" },
  arxiv: { name: "ArXiv", percent: 2.5, epochs: 1.06, disk: "92 GB", format: "LaTeX in tar" },
  stackExchange: { name: "StackExchange", percent: 2, epochs: 1.03, disk: "78 GB", format: "XML" },
};

/** Tokens that each size was trained on [Table 2]; the rest of the table stands in the presets of the SDK. */
export const trainedTokens: Readonly<Record<string, string>> = {
  "7B": "1.0T",
  "13B": "1.0T",
  "33B": "1.4T",
  "65B": "1.4T",
};

/** A row of Table 15. */
export interface CarbonRow {
  /** Name of the model. */
  model: string;
  /** Hours of all devices together. */
  hours: number;
  /** Energy in MWh, as printed. */
  energy: number;
  /** Tonnes of CO2eq, as printed. */
  carbon: number;
}

/** Table 15: carbon footprint in one data centre. The devices are A100-80GB of 400 W. */
export const table15: readonly CarbonRow[] = [
  { model: "OPT-175B", hours: 809_472, energy: 356, carbon: 137 },
  { model: "BLOOM-175B", hours: 1_082_880, energy: 475, carbon: 183 },
  { model: "LLaMA-7B", hours: 82_432, energy: 36, carbon: 14 },
  { model: "LLaMA-13B", hours: 135_168, energy: 59, carbon: 23 },
  { model: "LLaMA-33B", hours: 530_432, energy: 233, carbon: 90 },
  { model: "LLaMA-65B", hours: 1_022_362, energy: 449, carbon: 173 },
];

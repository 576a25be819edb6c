/**
 * Scores printed in the paper (Touvron et al. 2023), those of other models as it quotes them, in percent.
 *
 * @module
 */

/** A column of a table of the paper. */
export interface PublishedColumn {
  /** Number of the table. */
  table: number;
  /** The metric, as our measures name it. */
  metric: string;
  /** Examples in front of each prompt. */
  shots: number;
  /** Percent by model, in the order of the table. */
  rows: Readonly<Record<string, number>>;
}

/** What the paper prints for a benchmark, by its name. */
export const published: Readonly<Record<string, PublishedColumn>> = {
  piqa: {
    table: 3,
    metric: "accuracy",
    shots: 0,
    rows: {
      "GPT-3 175B": 81.0,
      "Gopher 280B": 81.8,
      "Chinchilla 70B": 81.8,
      "PaLM 62B": 80.5,
      "PaLM-cont 62B": 81.4,
      "PaLM 540B": 82.3,
      "LLaMA 7B": 79.8,
      "LLaMA 13B": 80.1,
      "LLaMA 33B": 82.3,
      "LLaMA 65B": 82.8,
    },
  },
};

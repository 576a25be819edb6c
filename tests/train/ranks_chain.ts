/**
 * The chain of the tests of several ranks, and data with a window that cannot be read.
 *
 * @module
 */
import type { TokenDataset } from "../../src/data/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import type { HistoryEntry, Trainer } from "../../src/train/mod.ts";
import { quiet, tokens } from "./support.ts";

/** Makes a trainer of batches of five rows in four lanes, with a short last batch and measurements. */
export function rankChain(
  model: Model,
  checkpoint?: string,
  data = tokens(58),
  { steps = 12, timeout }: { steps?: number; timeout?: number } = {},
): Trainer {
  return quiet(model, { checkpoint, parallel: { lanes: 4, ...timeout && { timeout } } })
    .pretrain(data, {
      ...(steps === 12 ? { epochs: 1 } : { steps }),
      ...{ batchTokens: 60, microBatch: 2, learningRate: 3e-3, warmup: 3 },
      ...{ validation: tokens(7, 5), validateEvery: 5, checkpointEvery: 5 },
    });
}

/** Makes a window of a dataset unreadable. */
export function unreadable(data: TokenDataset, broken: number, error: Error): void {
  const prepare = data.prepare.bind(data);
  data.prepare = async (options) => {
    const prepared = await prepare(options);
    const windowAt = prepared.windowAt.bind(prepared);
    prepared.windowAt = (n, seed, shuffle) => {
      if (n === broken) throw error;
      return windowAt(n, seed, shuffle);
    };
    return prepared;
  };
}

/** Returns what a run computed, without its times. */
export function numbersOf(history: readonly HistoryEntry[]): unknown[] {
  return history.map(({ seconds: _, ...numbers }) => numbers);
}

/**
 * The loss of a model on held-out windows.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { wrongArgument } from "../../base/schema.ts";
import type { Group } from "../../base/exchange.ts";
import { ratioError } from "../../base/ratio_error.ts";
import { shownByFirst, throwIfAborted } from "../../base/together.ts";
import { Dataset, type PreparedTokens, TokenDataset, type Window } from "../../data/mod.ts";
import { interruptible, type Progress, withProgress } from "../../display/mod.ts";
import { singleGroup } from "../../parallel/mod.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { Scorer, sequencesAtOnce } from "./batch_scorer.ts";
import { type LossFacts, LossResult } from "./loss_result.ts";

/**
 * Measures the mean loss on a dataset, of text or of windows that fit the model.
 *
 * @throws {ConfigError} for text and a model without a tokenizer
 * @throws {DataError} for windows longer than the context, or a dataset without tokens
 */
export async function datasetLoss(
  model: ModelHandle,
  dataset: Dataset | TokenDataset,
  { signal, ...options }: Omit<WindowLossOptions, "batch">,
): Promise<LossResult> {
  const { context } = model.config;
  if (!(dataset instanceof Dataset || dataset instanceof TokenDataset)) {
    throw wrongArgument("model.loss", "a Dataset or a TokenDataset", dataset);
  }
  const tokens = dataset instanceof TokenDataset
    ? dataset
    : dataset.tokenize(stateOf(model).requireTokenizer("measure a loss on text"), { context });
  if (tokens.context > context) {
    throw new DataError(
      `Cannot measure the loss: windows have ${tokens.context} tokens, the model's context is ${context}`,
    );
  }
  return await interruptible(signal, async (signal) => {
    const prepared = await tokens.prepare({ signal });
    try {
      return await windowLoss(model, prepared, tokens.context, { ...options, signal });
    } finally {
      prepared.close();
    }
  });
}

/** Options of {@linkcode windowLoss}. */
export interface WindowLossOptions {
  /** Largest number of windows. */
  limit?: number;
  /** Windows at a time. */
  batch?: number;
  /** Stops the measurement. */
  signal?: AbortSignal;
  /** Ranks that measure together: batches are dealt to them in turn, and all return what one alone would measure. */
  group?: Group;
  /** Called with the part of the work in which no rank waits for one of the group. */
  own?: <T>(work: () => Promise<T>) => Promise<T>;
}

type Coverage = Pick<LossFacts, "windows" | "windowsInAll" | "documents" | "cut">;

/** Nats, tokens and bytes of each window, in the order of windows. */
interface WindowSums {
  nats: number[];
  tokens: number[];
  bytes: number[];
}

/**
 * Measures the mean loss over each window once, in their order.
 *
 * @throws {DataError} for windows without tokens to predict
 */
export async function windowLoss(
  model: ModelHandle,
  windows: PreparedTokens,
  context: number,
  { group = singleGroup, own = (work) => work(), ...options }: WindowLossOptions = {},
): Promise<LossResult> {
  const batch = options.batch ?? sequencesAtOnce(model, context);
  const dealt = { ...options, batch, rank: group.rank, of: group.size };
  const all = windows.windows + windows.sources.filter(({ dropped }) => dropped > 0).length;
  const total = Math.min(options.limit ?? Infinity, all);
  const scored = await withProgress("measuring the loss", { total, unit: "window" }, (progress) => {
    return own(() => scoreWindows(model, windows, context, dealt, progress));
  });
  const { nats, tokens, bytes } = await gatherWindows(group, scored, batch);
  const [totalNats, totalTokens, totalBytes] = [nats, tokens, bytes].map((values) =>
    values.reduce((a, b) => a + b, 0)
  );
  if (totalTokens === 0) {
    const problem = "Cannot measure the loss: the dataset has no tokens to predict";
    throw shownByFirst(group, new DataError(problem));
  }
  return new LossResult({
    nats: totalNats,
    standardError: ratioError(nats, tokens),
    tokens: totalTokens,
    bytes: totalBytes,
    ...coverageOf(windows, options.limit),
  });
}

/** Returns what the first `limit` windows are of all that there are. */
function coverageOf(prepared: PreparedTokens, limit = Infinity): Coverage {
  const sizes = prepared.sources.map(({ windows, dropped }) => windows + Number(dropped > 0));
  const windowsInAll = sizes.reduce((a, b) => a + b, 0);
  let left = Math.min(limit, windowsInAll);
  const coverage = { windows: left, windowsInAll, documents: 0, cut: prepared.cut };
  for (const [s, source] of prepared.sources.entries()) {
    const read = Math.min(left, sizes[s]);
    coverage.documents += source.documentsIn(read);
    left -= read;
  }
  return coverage;
}

/** Scores the batches of one rank: of every `of` batches the one at `rank`. */
async function scoreWindows(
  model: ModelHandle,
  windows: PreparedTokens,
  context: number,
  { limit = Infinity, batch, rank, of, signal }: WindowLossOptions & {
    batch: number;
    rank: number;
    of: number;
  },
  progress: Progress,
): Promise<WindowSums> {
  const scorer = await Scorer.create(model, batch, context);
  const sums: WindowSums = { nats: [], tokens: [], bytes: [] };
  const scoreRows = async (rows: Window[]) => {
    await throwIfAborted(stateOf(model).group, signal);
    for (const [i, { nll }] of (await scorer.score(rows)).entries()) {
      sums.nats.push(nll.reduce((a, b) => a + b, 0));
      sums.tokens.push(rows[i].targets.reduce((n, target) => n + Number(target >= 0), 0));
      sums.bytes.push(rows[i].bytes);
    }
    progress.add(rows.length * of); // the other ranks are about as far
  };
  try {
    const rows: Window[] = [];
    let count = 0;
    for await (const window of windows.ordered()) {
      if (count >= limit) break;
      if (Math.floor(count++ / batch) % of !== rank) continue;
      rows.push(window);
      if (rows.length === batch) await scoreRows(rows.splice(0));
    }
    if (rows.length) await scoreRows(rows);
  } finally {
    scorer.dispose();
  }
  return sums;
}

/** Returns the sums of all ranks in the order of windows. */
async function gatherWindows(group: Group, own: WindowSums, batch: number): Promise<WindowSums> {
  if (group.size === 1) return own;
  const flat = new Uint8Array(Float64Array.from([own.nats, own.tokens, own.bytes].flat()).buffer);
  const all = (await group.allToAll(Array.from({ length: group.size }, () => flat), "validation")).map(
    (bytes) => {
      const numbers = [...new Float64Array(bytes.slice().buffer)];
      const count = numbers.length / 3;
      return [0, 1, 2].map((i) => numbers.slice(i * count, (i + 1) * count));
    },
  );
  const joined: number[][] = [[], [], []];
  const left = () => all.some(([nats]) => nats.length > 0);
  for (let rank = 0; left(); rank = (rank + 1) % group.size) {
    joined.forEach((list, i) => list.push(...all[rank][i].splice(0, batch)));
  }
  const [nats, tokens, bytes] = joined;
  return { nats, tokens, bytes };
}

/**
 * The loss of a model on held-out windows.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { ratioError } from "../../base/ratio_error.ts";
import { type Dataset, type PreparedTokens, TokenDataset, type Window } from "../../data/mod.ts";
import { interruptible } from "../../display/mod.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { Scorer, sequencesAtOnce } from "./batch_scorer.ts";

/** The loss of a model on a text. */
export interface LossResult {
  /** Nats per token. */
  loss: number;
  /** Standard error of the loss over the windows, undefined for a single one. */
  error?: number;
  /** Bits per UTF-8 byte of the text: comparable between tokenizers. */
  bitsPerByte: number;
  /** exp(loss). */
  perplexity: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text that those tokens stand for. */
  bytes: number;
}

/**
 * Measures the mean loss on a dataset, of text or of windows that fit the model.
 *
 * @throws {ConfigError} for text and a model without a tokenizer
 * @throws {DataError} for windows longer than the context, or a dataset without tokens
 */
export async function datasetLoss(
  model: ModelHandle,
  dataset: Dataset | TokenDataset,
  { limit, signal }: { limit?: number; signal?: AbortSignal },
): Promise<LossResult> {
  const { context } = model.config;
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
      return await windowLoss(model, prepared, tokens.context, { limit, signal });
    } finally {
      prepared.close();
    }
  });
}

/**
 * Measures the mean loss over each window once, in their order.
 *
 * @param options `limit` is the largest number of windows, `batch` the number of windows at a time
 * @throws {DataError} for windows without tokens to predict
 */
export async function windowLoss(
  model: ModelHandle,
  windows: PreparedTokens,
  context: number,
  options: { limit?: number; batch?: number; signal?: AbortSignal } = {},
): Promise<LossResult> {
  const batch = options.batch ?? sequencesAtOnce(model, context);
  const scorer = await Scorer.create(model, batch, context);
  const nats: number[] = [];
  const tokens: number[] = [];
  let bytes = 0;
  let windowCount = 0;
  const scoreRows = async (rows: Window[]) => {
    options.signal?.throwIfAborted();
    for (const [i, { nll }] of (await scorer.score(rows)).entries()) {
      nats.push(nll.reduce((a, b) => a + b, 0));
      tokens.push(rows[i].targets.reduce((n, target) => n + Number(target >= 0), 0));
      bytes += rows[i].bytes;
    }
  };
  try {
    let rows: Window[] = [];
    for await (const window of windows.ordered()) {
      if (windowCount++ >= (options.limit ?? Infinity)) break;
      rows.push(window);
      if (rows.length === batch) {
        await scoreRows(rows);
        rows = [];
      }
    }
    if (rows.length) await scoreRows(rows);
  } finally {
    scorer.dispose();
  }
  const [totalNats, totalTokens] = [nats, tokens].map((values) => values.reduce((a, b) => a + b, 0));
  if (totalTokens === 0) throw new DataError("Cannot measure the loss: the dataset has no tokens to predict");
  const loss = totalNats / totalTokens;
  return {
    loss,
    error: ratioError(nats, tokens),
    bitsPerByte: totalNats / Math.LN2 / bytes,
    perplexity: Math.exp(loss),
    tokens: totalTokens,
    bytes,
  };
}

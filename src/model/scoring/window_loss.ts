/**
 * The loss of a model on held-out windows.
 *
 * @module
 */
import { type Dataset, type PreparedTokens, TokenDataset, type Window } from "../../data/mod.ts";
import { interruptible } from "../../display/mod.ts";
import { DataError } from "../../base/errors.ts";
import { ratioError } from "../../base/ratio_error.ts";
import type { ModelState } from "../model_state.ts";
import { Scorer } from "./batch_scorer.ts";

/** How surprised a model is by a text. */
export interface LossResult {
  /** Nats per token. */
  loss: number;
  /** Its standard error over the windows, undefined for a single one. */
  error?: number;
  /** Bits per UTF-8 byte of the text: comparable between tokenizers. */
  bitsPerByte: number;
  /** exp(loss). */
  perplexity: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text they stand for. */
  bytes: number;
}

/** The mean loss on a dataset, of text or of windows that fit the model; what `Model.loss` gives. */
export async function datasetLoss(
  model: ModelState,
  dataset: Dataset | TokenDataset,
  { limit, signal }: { limit?: number; signal?: AbortSignal },
): Promise<LossResult> {
  const { context } = model.config;
  const tokens = dataset instanceof TokenDataset
    ? dataset
    : dataset.tokenize(model.needTokenizer("measure a loss on text"), { context });
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

/** The mean loss over each window once, in their order; `limit` ends after so many windows. */
export async function windowLoss(
  model: ModelState,
  windows: PreparedTokens,
  context: number,
  options: { limit?: number; batch?: number; signal?: AbortSignal } = {},
): Promise<LossResult> {
  const batch = options.batch ?? Math.max(1, Math.floor(1024 / context));
  const scorer = await Scorer.create(model, batch, context);
  const nats: number[] = [];
  const tokens: number[] = [];
  let bytes = 0;
  let seen = 0;
  const flush = async (rows: Window[]) => {
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
      if (seen++ >= (options.limit ?? Infinity)) break;
      rows.push(window);
      if (rows.length === batch) {
        await flush(rows);
        rows = [];
      }
    }
    if (rows.length) await flush(rows);
  } finally {
    scorer.dispose();
  }
  const [allNats, allTokens] = [nats, tokens].map((values) => values.reduce((a, b) => a + b, 0));
  if (allTokens === 0) throw new DataError("Cannot measure the loss: the dataset has no tokens to predict");
  const loss = allNats / allTokens;
  const error = ratioError(nats, tokens);
  return {
    loss,
    error,
    bitsPerByte: allNats / Math.LN2 / bytes,
    perplexity: Math.exp(loss),
    tokens: allTokens,
    bytes,
  };
}

/**
 * The loss of a model on held-out windows.
 *
 * @module
 */
import type { PreparedTokens, Window } from "../data/mod.ts";
import { DataError } from "../base/errors.ts";
import type { ModelState } from "./state.ts";
import { Scorer } from "./scorer.ts";

/** How surprised a model is by a text. */
export interface LossResult {
  /** Nats per token. */
  loss: number;
  /** Bits per UTF-8 byte of the text: comparable between tokenizers. */
  bitsPerByte: number;
  /** exp(loss). */
  perplexity: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text they stand for. */
  bytes: number;
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
  let nats = 0, tokens = 0, bytes = 0, seen = 0;
  const flush = async (rows: Window[]) => {
    options.signal?.throwIfAborted();
    for (const [i, { nll }] of (await scorer.score(rows)).entries()) {
      nats += nll.reduce((a, b) => a + b, 0);
      tokens += rows[i].targets.reduce((n, target) => n + Number(target >= 0), 0);
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
  if (tokens === 0) throw new DataError("Cannot measure the loss: the dataset has no tokens to predict");
  const loss = nats / tokens;
  return { loss, bitsPerByte: nats / Math.LN2 / bytes, perplexity: Math.exp(loss), tokens, bytes };
}

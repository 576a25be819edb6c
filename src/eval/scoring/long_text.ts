/**
 * Scores continuations longer than the model's context in pieces: log p(ab | x) = log p(a | x) + log p(b | xa).
 *
 * The model cuts xa on the left to fit its context. Pieces end before a space, so that no token spans two of them.
 *
 * @module
 */
import type { EvalModel, Likelihood, Pair } from "../models/eval_model.ts";
import { sum } from "../tasks/metric.ts";

/** Returns `pair` as it is when its continuation fits the context, else in pieces of at most half a context. */
export function cutLongText({ tokenizer, config }: EvalModel, pair: Pair): Pair[] {
  const [prompt, continuation] = pair;
  if (!tokenizer || !config || tokenizer.encode(continuation).length <= config.context) return [pair];
  const pieces: string[] = [];
  let piece = "";
  for (const word of continuation.split(/(?= )/)) {
    if (piece !== "" && tokenizer.encode(piece + word).length > config.context / 2) {
      pieces.push(piece);
      piece = "";
    }
    piece += word;
  }
  return [...pieces, piece].map((text, i) => [prompt + pieces.slice(0, i).join(""), text]);
}

/** Adds up the likelihoods of the pieces of one continuation. */
export function joinPieces(pieces: readonly Likelihood[]): Likelihood {
  return {
    logProb: sum(pieces.map(({ logProb }) => logProb)),
    tokens: sum(pieces.map(({ tokens }) => tokens)),
    truncatedTokens: Math.max(...pieces.map(({ truncatedTokens = 0 }) => truncatedTokens)),
  };
}

/**
 * Perplexity of a text longer than the context, in the two styles of the field: windows that score every token once, of
 * which later ones are full and give `overlap` tokens of context (Gao et al. 2021), or windows at a stride.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { sum } from "../tasks/metric.ts";
import type { Likelihood } from "../models/eval_model.ts";

/** How windows follow each other. */
export interface RollingOptions {
  /** Longest input of the model; default its context. */
  context?: number;
  /** Tokens of context that the first new token of a later window has at least; default 1. */
  overlap?: number;
  /** Windows begin every so many tokens, without BOS; instead of `overlap`. */
  stride?: number;
}

/** A text by its windows. */
export interface RollingLoss {
  /** Sum of the log-probabilities, in nats. */
  logProb: number;
  /** Tokens scored. */
  tokens: number;
  /** exp(-logProb / tokens). */
  perplexity: number;
  /** Windows. */
  windows: number;
}

/** A window: ids that are read, then ids that are scored. */
export type RollingWindow = readonly [before: Uint32Array, scored: Uint32Array];

/** What a model needs for it. */
export interface RollingModel {
  /** Its shape. */
  readonly config: { readonly context: number };
  /** Scores continuations of ids; an empty prompt stands for BOS. */
  scoreBatch(pairs: readonly RollingWindow[], run?: { signal?: AbortSignal }): Promise<Likelihood[]>;
}

/**
 * The perplexity of `ids`, which have no BOS.
 *
 * @throws {ConfigError} for an overlap or a stride that leaves nothing to score
 */
export async function rollingLoss(
  model: RollingModel,
  ids: Uint32Array,
  options: RollingOptions & { signal?: AbortSignal } = {},
): Promise<RollingLoss> {
  const { context = model.config.context, overlap = 1, stride, signal } = options;
  check("overlap", overlap, context);
  if (stride !== undefined) check("stride", stride, context);
  const windows = stride === undefined ? rolling(ids, context, overlap) : strided(ids, context, stride);
  const scores = await model.scoreBatch(windows, { signal });
  const logProb = sum(scores.map((score) => score.logProb));
  const tokens = sum(scores.map((score) => score.tokens));
  return { logProb, tokens, perplexity: Math.exp(-logProb / tokens), windows: windows.length };
}

function check(name: string, value: number, context: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= context) return;
  throw new ConfigError(
    `Cannot use rollingLoss.${name}: must be from 1 to ${context}, current value is ${value}`,
    {
      path: name,
      value,
    },
  );
}

/** First BOS and `context` tokens; then full windows with `context - overlap + 1` new ones, the last with the rest. */
function rolling(ids: Uint32Array, context: number, overlap: number): RollingWindow[] {
  const windows: RollingWindow[] = [[new Uint32Array(0), ids.subarray(0, context)]];
  for (let at = context; at < ids.length;) {
    const end = Math.min(at + context - overlap + 1, ids.length);
    windows.push([ids.subarray(end - context - 1, at), ids.subarray(at, end)]);
    at = end;
  }
  return windows;
}

/** Windows at every stride; the first token of a window is never scored in it. */
function strided(ids: Uint32Array, context: number, stride: number): RollingWindow[] {
  const windows: RollingWindow[] = [];
  for (let begin = 0, done = 0; done < ids.length; begin += stride) {
    const end = Math.min(begin + context, ids.length);
    const from = Math.max(done, begin + 1);
    if (from < end) windows.push([ids.subarray(begin, from), ids.subarray(from, end)]);
    done = end;
  }
  return windows;
}

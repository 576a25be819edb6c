/**
 * Perplexity of a text longer than the context, in the two styles of the field.
 *
 * Either windows score every token once, and later windows are full and give at least `overlap` tokens of context (Gao et
 * al. 2021), or windows begin at a fixed stride.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Likelihood } from "../models/eval_model.ts";
import { sum } from "../tasks/metric.ts";

/** The windows of {@linkcode rollingLoss}. */
export interface RollingOptions {
  /** Longest input in tokens; default the model's context. */
  context?: number;
  /** Smallest number of context tokens before the first new token of a later window; default 1. */
  overlap?: number;
  /** Tokens from the beginning of one window to the next, without BOS; replaces `overlap`. */
  stride?: number;
}

/** The loss of a text that was scored in windows. */
export interface RollingLoss {
  /** Sum of the log-probabilities, in nats. */
  logProb: number;
  /** Number of tokens scored. */
  tokens: number;
  /** exp(-logProb / tokens). */
  perplexity: number;
  /** Number of windows. */
  windows: number;
}

/** A window: ids that are only read, then ids that are scored. */
export type RollingWindow = readonly [before: Uint32Array, scored: Uint32Array];

/** The model that {@linkcode rollingLoss} needs. */
export interface RollingModel {
  /** Longest sequence in tokens. */
  readonly config: { readonly context: number };
  /** Scores continuations of ids; an empty prompt stands for BOS. */
  scoreBatch(pairs: readonly RollingWindow[], run?: { signal?: AbortSignal }): Promise<Likelihood[]>;
}

/**
 * Measures the perplexity of `ids`, which have no BOS.
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
  const windows = stride === undefined
    ? overlappingWindows(ids, context, overlap)
    : stridedWindows(ids, context, stride);
  const scores = await model.scoreBatch(windows, { signal });
  const logProb = sum(scores.map((score) => score.logProb));
  const tokens = sum(scores.map((score) => score.tokens));
  return { logProb, tokens, perplexity: Math.exp(-logProb / tokens), windows: windows.length };
}

function check(name: string, value: number, context: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= context) return;
  throw new ConfigError(
    `Cannot use rollingLoss.${name}: must be from 1 to ${context}, current value is ${value}`,
    { path: name, value },
  );
}

/**
 * Returns a first window of BOS and `context` tokens, then full windows with `context - overlap + 1` new tokens each, of
 * which the last has the rest.
 */
function overlappingWindows(ids: Uint32Array, context: number, overlap: number): RollingWindow[] {
  const windows: RollingWindow[] = [[new Uint32Array(0), ids.subarray(0, context)]];
  for (let at = context; at < ids.length;) {
    const end = Math.min(at + context - overlap + 1, ids.length);
    windows.push([ids.subarray(end - context - 1, at), ids.subarray(at, end)]);
    at = end;
  }
  return windows;
}

/** Returns a window per stride; the first token of a window is never scored in it. */
function stridedWindows(ids: Uint32Array, context: number, stride: number): RollingWindow[] {
  const windows: RollingWindow[] = [];
  for (let begin = 0, scoredTo = 0; scoredTo < ids.length; begin += stride) {
    const end = Math.min(begin + context, ids.length);
    const from = Math.max(scoredTo, begin + 1);
    if (from < end) windows.push([ids.subarray(begin, from), ids.subarray(from, end)]);
    scoredTo = end;
  }
  return windows;
}

/**
 * Log-probabilities of continuations after their prompts.
 *
 * Prompts and continuations are joined and truncated as in the LM evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { wrongArgument } from "../../base/schema.ts";
import { throwIfAborted } from "../../base/together.ts";
import { type Progress, withProgress } from "../../display/mod.ts";
import { startId, textIds } from "../generation/prompt_ids.ts";
import { type ModelHandle, type ModelState, type Prompt, stateOf } from "../model_state.ts";
import { type RowScore, Scorer, sequencesAtOnce } from "./batch_scorer.ts";
import { encodePair } from "./encode_pair.ts";
import { type OrderedSequence, prefixOrder, PrefixScorer, type Sequence } from "./prefix_scorer.ts";

/** The score of a continuation. */
export interface Score {
  /** Sum of the log-probabilities of its tokens, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
  /** True when each token is the most likely one, so that greedy decoding would write it. */
  greedy: boolean;
  /** Tokens of the prompt that were cut off on the left because the whole did not fit the context. */
  truncatedTokens: number;
  /** Tokens that the model reads for it: prompt and continuation without its last token. */
  inputs: number;
  /** The part of `inputs` that was computed for an earlier pair with the same beginning. */
  reusedTokens: number;
  /** True when one token spans the join of prompt and continuation. */
  spansJoin: boolean;
}

/** A prompt and a continuation as one sequence. */
interface JoinedPair extends Sequence {
  ids: number[];
  truncatedTokens: number;
  spansJoin: boolean;
}

/**
 * Joins a prompt and a continuation; `start` is the first id of the continuation. BOS goes in front of text where the
 * tokenizer adds one, and stands for an empty prompt; without a BOS that is EOS, as in the harness. Other ids stay as they
 * are.
 */
function join(model: ModelHandle, prompt: Prompt, continuation: Prompt): JoinedPair {
  const state = stateOf(model);
  const { context } = state.config;
  let promptIds: number[];
  let continuationIds: number[];
  let spansJoin = false;
  if (typeof prompt === "string" && typeof continuation === "string") {
    state.requireTokenizer("score text");
    const encode = (text: string) => textIds(state, text);
    ({ promptIds, continuationIds, spansJoin } = encodePair(encode, prompt, continuation));
  } else {
    promptIds = idsOf(state, prompt);
    continuationIds = idsOf(state, continuation);
  }
  if (continuationIds.length === 0) throw new ConfigError("Cannot score: the continuation has no tokens");
  if (typeof prompt === "string" && state.tokenizer?.addsBos) promptIds.unshift(state.tokenizer.bosId);
  if (promptIds.length === 0) promptIds.push(startId(state));
  if (continuationIds.length > context) {
    throw new ConfigError(
      `Cannot score: the continuation has ${continuationIds.length} tokens, the model's context is ${context}`,
    );
  }
  const ids = [...promptIds, ...continuationIds];
  const truncatedTokens = Math.max(0, ids.length - 1 - context);
  const start = promptIds.length - truncatedTokens;
  return { ids: ids.slice(truncatedTokens), start, truncatedTokens, spansJoin };
}

function idsOf(model: ModelState, prompt: Prompt): number[] {
  return [...typeof prompt === "string" ? textIds(model, prompt) : prompt];
}

/**
 * The limits from which prefix order is faster than batches: at most this share of the tokens is left to compute, and at
 * least this many are saved per pair, since a pair alone takes as long as about that many tokens in a batch. [ours]
 */
const prefixOrderLimits = { maxShare: 0.4, minSavedTokens: 192 };

/**
 * Scores pairs of prompt and continuation: in batches, longest first, so that lengths within a batch are alike; or in
 * prefix order, if most tokens are in prefixes that pairs share.
 *
 * @returns the scores in the order of the pairs
 * @throws {ConfigError} for text without a tokenizer, or a continuation that is empty or longer than the context
 */
export async function scorePairs(
  model: ModelHandle,
  pairs: readonly (readonly [Prompt, Prompt])[],
  signal?: AbortSignal,
): Promise<Score[]> {
  if (!Array.isArray(pairs)) {
    throw wrongArgument("model.scoreBatch", "a list of [prompt, continuation]", pairs);
  }
  for (const part of pairs.flat()) {
    if (typeof part === "string" || part instanceof Uint32Array) continue;
    throw wrongArgument("model.score", "a prompt and a continuation, texts or Uint32Arrays of ids", part);
  }
  const joined = pairs.map(([prompt, continuation]) => join(model, prompt, continuation));
  const ordered = prefixOrder(joined);
  const inputs = joined.reduce((sum, { ids }) => sum + ids.length - 1, 0);
  const reused = ordered.reduce((sum, { reusedTokens }) => sum + reusedTokens, 0);
  const { maxShare, minSavedTokens } = prefixOrderLimits;
  const isShared = inputs - reused <= maxShare * inputs && reused >= minSavedTokens * pairs.length;
  return await withProgress("scoring", { total: pairs.length, unit: "text" }, (progress) => {
    return isShared
      ? scoreInPrefixOrder(model, joined, ordered, progress, signal)
      : scoreBatches(model, joined, progress, signal);
  });
}

async function scoreInPrefixOrder(
  model: ModelHandle,
  pairs: readonly JoinedPair[],
  ordered: readonly OrderedSequence[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Score[]> {
  const scores: Score[] = new Array(pairs.length);
  const scorer = new PrefixScorer(model, Math.max(...pairs.map(({ ids }) => ids.length)));
  try {
    for (const { index, reusedTokens } of ordered) {
      await throwIfAborted(stateOf(model).group, signal);
      const pair = pairs[index];
      scores[index] = sumScore(pair, await scorer.score(pair, reusedTokens), reusedTokens);
      progress.add();
    }
  } finally {
    scorer.dispose();
  }
  return scores;
}

async function scoreBatches(
  model: ModelHandle,
  pairs: readonly JoinedPair[],
  progress: Progress,
  signal?: AbortSignal,
): Promise<Score[]> {
  const order = pairs.map((_, i) => i).sort((a, b) => pairs[b].ids.length - pairs[a].ids.length);
  const scores: Score[] = new Array(pairs.length);
  let scorer: Scorer | undefined;
  let length = 0;
  let batch = 0;
  try {
    for (let at = 0; at < order.length;) {
      await throwIfAborted(stateOf(model).group, signal);
      const wantedLength = programLength(pairs[order[at]].ids.length - 1, model.config.context);
      if (!scorer || wantedLength !== length) {
        scorer?.dispose();
        length = wantedLength;
        batch = Math.min(sequencesAtOnce(model, length), order.length - at);
        scorer = await Scorer.create(model, batch, length);
      }
      const indices = order.slice(at, at + batch);
      const rowScores = await scorer.score(indices.map((i) => batchRow(pairs[i])));
      indices.forEach((i, n) => scores[i] = sumScore(pairs[i], rowScores[n], 0));
      at += indices.length;
      progress.set(at);
    }
  } finally {
    scorer?.dispose();
  }
  return scores;
}

/** Rounds a length up in steps of an eighth to a quarter of it, so that programs are few and little is padding. */
function programLength(length: number, context: number): number {
  const step = Math.max(4, 2 ** Math.floor(Math.log2(length)) / 4);
  return Math.min(Math.ceil(length / step) * step, context);
}

function batchRow({ ids, start }: JoinedPair): { ids: number[]; targets: number[] } {
  return { ids: ids.slice(0, -1), targets: ids.slice(1).map((id, t) => t + 1 < start ? -100 : id) };
}

/** Sums the scores of a continuation's tokens; `nll` and `best` begin after the reused tokens. */
function sumScore(
  { ids, start, truncatedTokens, spansJoin }: JoinedPair,
  { nll, best }: RowScore,
  reusedTokens: number,
): Score {
  let logProb = 0;
  let greedy = true;
  for (let t = start - 1; t < ids.length - 1; t++) {
    logProb -= nll[t - reusedTokens];
    greedy &&= best[t - reusedTokens] === ids[t + 1];
  }
  return {
    logProb,
    tokens: ids.length - start,
    greedy,
    truncatedTokens,
    inputs: ids.length - 1,
    reusedTokens,
    spansJoin,
  };
}

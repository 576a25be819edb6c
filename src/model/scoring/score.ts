/**
 * Log-probabilities of continuations, joined and cut as the evaluation harness of the field does it
 * (Gao et al. 2021): the text scored is prompt + continuation, trailing spaces of the prompt move to the
 * continuation, and its tokens are those of the whole after the first len(encode(prompt)).
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { prefixOrder, PrefixScorer, type Sequence, type Visit } from "./prefix_scorer.ts";
import { type RowScore, Scorer } from "./batch_scorer.ts";
import type { ModelState } from "../model_state.ts";
import type { Prompt } from "../model_state.ts";

/** What a continuation scores. */
export interface Score {
  /** Sum of the log-probabilities of its tokens, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
  /** True when each token is the most likely one: greedy decoding would write it. */
  greedy: boolean;
  /** Tokens of the prompt that were cut off on the left because the whole did not fit the context. */
  truncatedTokens: number;
  /** Tokens that the model reads for it: prompt and continuation without its last token. */
  inputs: number;
  /** Those of them that an earlier pair with the same beginning had put through already. */
  reusedTokens: number;
}

interface Pair extends Sequence {
  ids: number[];
  cut: number;
}

/**
 * Ids of prompt and continuation as one sequence; `start` is the continuation's first. BOS goes in front of text and
 * stands for an empty prompt; other ids are taken as they are.
 */
function join(model: ModelState, prompt: Prompt, continuation: Prompt): Pair {
  const bos = model.tokenizer?.bosId ?? 1;
  let before: number[];
  let after: number[];
  if (typeof prompt === "string" && typeof continuation === "string") {
    const kept = prompt.trimEnd();
    const moved = prompt.slice(kept.length) + continuation;
    const tokenizer = model.needTokenizer("score text");
    before = [...tokenizer.encode(kept)];
    after = kept ? [...tokenizer.encode(kept + moved)].slice(before.length) : [...tokenizer.encode(moved)];
  } else {
    before = idsOf(model, prompt);
    after = idsOf(model, continuation);
  }
  if (after.length === 0) throw new ConfigError("Cannot score: the continuation has no tokens");
  if (typeof prompt === "string" || prompt.length === 0) before.unshift(bos);
  const whole = [...before, ...after];
  const cut = Math.max(0, whole.length - 1 - model.config.context);
  if (after.length > model.config.context) {
    throw new ConfigError(
      `Cannot score: the continuation has ${after.length} tokens, the model's context is ${model.config.context}`,
    );
  }
  return { ids: whole.slice(cut), start: before.length - cut, cut };
}

function idsOf(model: ModelState, prompt: Prompt): number[] {
  return [...typeof prompt === "string" ? model.needTokenizer("encode text").encode(prompt) : prompt];
}

/** Rows that a program takes at once, at most. */
const rowsAtOnce = 1024;

/**
 * When a walk over shared beginnings is worth it: it leaves at most this share of the tokens, and saves this many for each
 * pair, since a pair alone takes as long as about that many in a batch. [ours]
 */
const worthWalking = { share: 0.4, tokens: 192 };

/**
 * Scores pairs: in batches, longest first so that lengths within a batch are alike; or, where most tokens stand in
 * beginnings that pairs share, one after another with the beginnings kept. The results are in the order of the pairs.
 */
export async function scorePairs(
  model: ModelState,
  pairs: readonly (readonly [Prompt, Prompt])[],
  signal?: AbortSignal,
): Promise<Score[]> {
  const joined = pairs.map(([prompt, continuation]) => join(model, prompt, continuation));
  const visits = prefixOrder(joined);
  const inputs = joined.reduce((sum, { ids }) => sum + ids.length - 1, 0);
  const shared = visits.reduce((sum, { past }) => sum + past, 0);
  const { share, tokens } = worthWalking;
  return inputs - shared <= share * inputs && shared >= tokens * pairs.length
    ? await scoreWalk(model, joined, visits, signal)
    : await scoreBatches(model, joined, signal);
}

async function scoreWalk(
  model: ModelState,
  joined: readonly Pair[],
  visits: readonly Visit[],
  signal?: AbortSignal,
): Promise<Score[]> {
  const results: Score[] = new Array(joined.length);
  const scorer = new PrefixScorer(model);
  try {
    for (const { index, past } of visits) {
      signal?.throwIfAborted();
      results[index] = summarise(joined[index], await scorer.score(joined[index], past), past);
    }
  } finally {
    scorer.dispose();
  }
  return results;
}

async function scoreBatches(
  model: ModelState,
  joined: readonly Pair[],
  signal?: AbortSignal,
): Promise<Score[]> {
  const order = joined.map((_, i) => i).sort((a, b) => joined[b].ids.length - joined[a].ids.length);
  const results: Score[] = new Array(joined.length);
  let scorer: Scorer | undefined;
  let length = 0;
  let batch = 0;
  try {
    for (let at = 0; at < order.length;) {
      signal?.throwIfAborted();
      const need = rounded(joined[order[at]].ids.length - 1, model.config.context);
      if (!scorer || need !== length) {
        scorer?.dispose();
        length = need;
        batch = Math.min(Math.max(1, Math.floor(rowsAtOnce / length)), order.length - at);
        scorer = await Scorer.create(model, batch, length);
      }
      const part = order.slice(at, at + batch);
      const scored = await scorer.score(part.map((i) => row(joined[i])));
      part.forEach((i, n) => results[i] = summarise(joined[i], scored[n], 0));
      at += part.length;
    }
  } finally {
    scorer?.dispose();
  }
  return results;
}

/** A length rounded up in steps of an eighth to a quarter of it, so that programs are few and little is padding. */
function rounded(length: number, context: number): number {
  const step = Math.max(4, 2 ** Math.floor(Math.log2(length)) / 4);
  return Math.min(Math.ceil(length / step) * step, context);
}

function row({ ids, start }: Pair): { ids: number[]; targets: number[] } {
  return { ids: ids.slice(0, -1), targets: ids.slice(1).map((id, t) => t + 1 < start ? -100 : id) };
}

/** The sum over a continuation; the scores begin behind `past` ids. */
function summarise({ ids, start, cut }: Pair, { nll, best }: RowScore, past: number): Score {
  let logProb = 0;
  let greedy = true;
  for (let t = start - 1; t < ids.length - 1; t++) {
    logProb -= nll[t - past];
    greedy &&= best[t - past] === ids[t + 1];
  }
  return {
    logProb,
    tokens: ids.length - start,
    greedy,
    truncatedTokens: cut,
    inputs: ids.length - 1,
    reusedTokens: past,
  };
}

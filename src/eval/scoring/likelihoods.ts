/**
 * Scores the likelihoods of many continuations, each distinct pair once.
 *
 * Pairs of similar length go together, so that a batch wastes little on padding. Where most of the text stands in
 * beginnings that pairs share, pairs that begin alike go together instead, so that the model puts a beginning through
 * once.
 *
 * @module
 */
import { NumericsError } from "../../base/errors.ts";
import { throwIfAborted } from "../../base/together.ts";
import { percent, withProgress } from "../../display/mod.ts";
import { singleGroup } from "../../parallel/mod.ts";
import { type EvalModel, type Likelihood, type Pair, requireMethod } from "../models/eval_model.ts";
import { dealParts, ownItems } from "../models/dealt_work.ts";
import { sum } from "../tasks/metric.ts";
import type { TaskRun } from "../tasks/task_run.ts";
import { cutLongText, joinPieces } from "./long_text.ts";

/** Pairs per call of the model: enough to fill its batches, few enough to show progress and to stop soon. */
const PAIRS_AT_ONCE = 128;

/**
 * Limits for ordering pairs by their beginnings: the largest share of the characters that may be left to put through, and
 * the smallest number of characters saved per pair [ours].
 */
const WORTH_SHARING = { share: 0.4, characters: 600 };

/** The likelihoods of pairs. */
interface Likelihoods {
  /** One likelihood per pair, in order. */
  scored: Likelihood[];
  /** A note on the tokens that shared beginnings saved. */
  notes: string[];
}

/**
 * Scores all pairs.
 *
 * @throws {NumericsError} when the model gives a log-probability that is not a number
 */
export async function likelihoods(
  model: EvalModel,
  pairs: readonly Pair[],
  { name, model: modelName, signal, shared }: TaskRun,
): Promise<Likelihoods> {
  const scorer = requireMethod(model, "scoreBatch", name);
  const pieces = pairs.map((pair) => cutLongText(model, pair));
  const distinct = new Map(pieces.flat().map((pair) => [JSON.stringify(pair), pair]));
  const order = scoringOrder([...distinct]);
  const results = new Map<string, Likelihood>();
  const total = ownItems(shared, order.length, PAIRS_AT_ONCE);
  const calls = Math.ceil(order.length / PAIRS_AT_ONCE);
  const scoredParts = await withProgress(
    `${name} on ${modelName}`,
    { total, unit: "text" },
    (progress) =>
      dealParts(shared, calls, "likelihoods", async (call) => {
        await throwIfAborted(shared?.copy ?? singleGroup, signal);
        const part = order.slice(call * PAIRS_AT_ONCE, (call + 1) * PAIRS_AT_ONCE);
        const scored = await scorer.scoreBatch(part.map(([, pair]) => pair), { signal });
        progress.add(part.length);
        return part.map((_, i) => checked(scored[i], modelName, name));
      }),
  );
  scoredParts.flat().forEach((likelihood, i) => results.set(order[i][0], likelihood));
  const resultOf = (pair: Pair) => results.get(JSON.stringify(pair))!;
  const scored = pieces.map((parts) => joinPieces(parts.map(resultOf)));
  const distinctScores = [...results.values()];
  return { scored, notes: [...joinNote(distinctScores), ...savingNote(distinctScores)] };
}

type KeyedPair = [key: string, pair: Pair];

/** Orders pairs from the longest to the shortest, or alphabetically where that leaves little to put through. */
function scoringOrder(pairs: readonly KeyedPair[]): KeyedPair[] {
  const texts = pairs.map((keyed) => ({ keyed, text: keyed[1].join("") }));
  const alphabetical = texts.toSorted((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
  const all = sum(texts.map(({ text }) => text.length));
  const fresh = sum(
    alphabetical.map(({ text }, i) =>
      text.length - commonPrefix(text, i > 0 ? alphabetical[i - 1].text : "")
    ),
  );
  const { share, characters } = WORTH_SHARING;
  const chosen = fresh <= share * all && all - fresh >= characters * texts.length
    ? alphabetical
    : texts.toSorted((a, b) => b.text.length - a.text.length);
  return chosen.map(({ keyed }) => keyed);
}

/** Returns the length of the common beginning of two texts. */
function commonPrefix(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return n;
}

function savingNote(scored: readonly Likelihood[]): string[] {
  const inputs = sum(scored.map(({ inputs = 0 }) => inputs));
  const reused = sum(scored.map(({ reusedTokens = 0 }) => reusedTokens));
  return reused > 0 ? [`shared beginnings saved ${percent(reused / inputs)} of ${inputs} tokens`] : [];
}

/** A note on continuations whose first token begins in the prompt, which the harness splits by the prompt's length. */
function joinNote(scored: readonly Likelihood[]): string[] {
  const spanning = scored.filter(({ spansJoin }) => spansJoin).length;
  return spanning > 0
    ? [`a token spans the join of prompt and continuation in ${spanning} of ${scored.length} texts`]
    : [];
}

function checked(likelihood: Likelihood | undefined, model: string, task: string): Likelihood {
  if (likelihood && !Number.isNaN(likelihood.logProb ?? NaN)) return likelihood;
  throw new NumericsError(
    `Cannot score "${task}": "${model}" gave a log-probability that is not a number, check its weights`,
  );
}

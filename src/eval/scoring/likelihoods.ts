/**
 * The likelihood of many continuations: each distinct pair once; alike lengths together, so that a batch wastes little
 * on padding, or, where most of the text stands in beginnings that pairs share, those that begin alike together, so that
 * a model can put a beginning through once.
 *
 * @module
 */
import { NumericsError } from "../../base/errors.ts";
import { percent, Progress } from "../../display/mod.ts";
import { cutLongText, whole } from "./long_text.ts";
import { sum } from "../tasks/metric.ts";
import { type EvalModel, type Likelihood, type Pair, requireMethod } from "../models/eval_model.ts";
import type { TaskRun } from "../tasks/task_run.ts";

/** Pairs given to the model at once: enough to fill its batches, few enough to show progress and to stop soon. */
const PAIRS_AT_ONCE = 128;

/** Pairs are ordered by their beginnings if that leaves this share of the characters, and saves so many a pair. [ours] */
const WORTH_SHARING = { share: 0.4, characters: 600 };

/** The likelihoods, and what should be known of them. */
export interface Likelihoods {
  /** In the order of the pairs. */
  scored: Likelihood[];
  /** What sharing saved. */
  notes: string[];
}

/**
 * Scores all pairs.
 *
 * @throws {NumericsError} when the model gives something that is not a number
 */
export async function likelihoods(
  model: EvalModel,
  pairs: readonly Pair[],
  { name, model: as, signal }: TaskRun,
): Promise<Likelihoods> {
  const scorer = requireMethod(model, "scoreBatch", name);
  const texts = pairs.map((pair) => cutLongText(model, pair));
  const distinct = new Map(texts.flat().map((pair) => [JSON.stringify(pair), pair]));
  const order = ordered([...distinct]);
  const known = new Map<string, Likelihood>();
  await using progress = new Progress(`${name} on ${as}`, { total: order.length, unit: "texts" });
  for (let at = 0; at < order.length; at += PAIRS_AT_ONCE) {
    signal?.throwIfAborted();
    const part = order.slice(at, at + PAIRS_AT_ONCE);
    const scored = await scorer.scoreBatch(part.map(([, pair]) => pair), { signal });
    part.forEach(([key], i) => known.set(key, checked(scored[i], as, name)));
    progress.add(part.length);
  }
  const scored = texts.map((pieces) => whole(pieces.map((pair) => known.get(JSON.stringify(pair))!)));
  return { scored, notes: saved([...known.values()]) };
}

type Keyed = [key: string, pair: Pair];

/** The longest first, or in alphabetical order where that leaves little to put through. */
function ordered(pairs: readonly Keyed[]): Keyed[] {
  const texts = pairs.map((keyed) => ({ keyed, text: keyed[1].join("") }));
  const alike = texts.toSorted((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
  const all = sum(texts.map(({ text }) => text.length));
  const fresh = sum(alike.map(({ text }, i) => text.length - common(text, i > 0 ? alike[i - 1].text : "")));
  const { share, characters } = WORTH_SHARING;
  const chosen = fresh <= share * all && all - fresh >= characters * texts.length
    ? alike
    : texts.toSorted((a, b) => b.text.length - a.text.length);
  return chosen.map(({ keyed }) => keyed);
}

function common(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return n;
}

function saved(scored: readonly Likelihood[]): string[] {
  const all = sum(scored.map(({ inputs = 0 }) => inputs));
  const shared = sum(scored.map(({ reusedTokens = 0 }) => reusedTokens));
  return shared > 0 ? [`shared beginnings saved ${percent(shared / all)} of ${all} tokens`] : [];
}

function checked(likelihood: Likelihood | undefined, model: string, task: string): Likelihood {
  if (likelihood && !Number.isNaN(likelihood.logProb ?? NaN)) return likelihood;
  throw new NumericsError(
    `Cannot score "${task}": "${model}" gave a log-probability that is not a number, look at its weights`,
  );
}

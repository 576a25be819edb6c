/**
 * The likelihood of many continuations: each distinct pair once, alike lengths together, so that a batch wastes
 * little on padding.
 *
 * @module
 */
import { NumericsError } from "../base/errors.ts";
import { Progress } from "../display/mod.ts";
import { piecesOf, whole } from "./long_text.ts";
import { able, type Likelihood, type Pair, type Scorable } from "./scorable.ts";
import type { TaskRun } from "./task_run.ts";

/** Pairs given to the model at once: enough to fill its batches, few enough to show progress and to stop soon. */
const PAIRS_AT_ONCE = 128;

/**
 * Scores all pairs; the results are in the order of the pairs.
 *
 * @throws {NumericsError} when the model gives something that is not a number
 */
export async function likelihoods(
  model: Scorable,
  pairs: readonly Pair[],
  { name, model: as, signal }: TaskRun,
): Promise<Likelihood[]> {
  const scorer = able(model, "scoreBatch", name);
  const texts = pairs.map((pair) => piecesOf(model, pair));
  const distinct = new Map(texts.flat().map((pair) => [JSON.stringify(pair), pair]));
  const longest = [...distinct].sort(([, a], [, b]) => length(b) - length(a));
  const known = new Map<string, Likelihood>();
  await using progress = new Progress(`${name} on ${as}`, { total: longest.length, unit: "texts" });
  for (let at = 0; at < longest.length; at += PAIRS_AT_ONCE) {
    signal?.throwIfAborted();
    const part = longest.slice(at, at + PAIRS_AT_ONCE);
    const scored = await scorer.scoreBatch(part.map(([, pair]) => pair), { signal });
    part.forEach(([key], i) => known.set(key, checked(scored[i], as, name)));
    progress.add(part.length);
  }
  return texts.map((pieces) => whole(pieces.map((pair) => known.get(JSON.stringify(pair))!)));
}

function length([prompt, continuation]: Pair): number {
  return prompt.length + continuation.length;
}

function checked(likelihood: Likelihood | undefined, model: string, task: string): Likelihood {
  if (likelihood && !Number.isNaN(likelihood.logProb)) return likelihood;
  throw new NumericsError(
    `Cannot score "${task}": "${model}" gave a log-probability that is not a number, look at its weights`,
  );
}

/** The continuation of `prompt` with the space that parts them; none after an empty prompt. */
export function continued(prompt: string, continuation: string): Pair {
  return [prompt, prompt === "" ? continuation : ` ${continuation}`];
}

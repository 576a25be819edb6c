/**
 * The choice of the next token by temperature, top-k and top-p.
 *
 * Top-p is nucleus sampling (Holtzman et al. 2020).
 *
 * @module
 */
import type { Random } from "../../base/random.ts";

/** Settings of the choice of a token. */
export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. */
  temperature: number;
  /** Keeps only the most likely `topK` tokens; 0 keeps all. */
  topK: number;
  /** Keeps the most likely tokens until their probabilities sum to more than `topP`; the first always stays. */
  topP: number;
  /** Drops tokens less likely than this share of the likeliest (default 0: none). */
  minP?: number;
}

/**
 * Computes the probabilities after temperature, top-k and top-p.
 *
 * @param options `temperature` is above 0
 * @returns [V], zero for tokens that were dropped; of equal logits the first are kept
 */
export function distribution(
  logits: Float32Array,
  { temperature, topK, topP, minP = 0 }: SamplingOptions,
): Float64Array<ArrayBuffer> {
  const sorted = logits.slice().sort().reverse(); // ten times faster than sorting indices
  const weight = (logit: number) => Math.exp((logit - sorted[0]) / temperature);
  const maxKept = topK > 0 ? Math.min(topK, sorted.length) : sorted.length;
  let total = 0;
  let mass = 0;
  let kept = 0;
  for (let n = 0; n < maxKept; n++) total += weight(sorted[n]);
  while (kept < maxKept && mass <= topP * total && weight(sorted[kept]) >= minP) {
    mass += weight(sorted[kept++]);
  }
  const smallest = sorted[kept - 1];
  const probabilities = new Float64Array(logits.length);
  let keptEqual = kept - sorted.indexOf(smallest);
  for (const [i, logit] of logits.entries()) {
    if (logit > smallest || logit === smallest && keptEqual-- > 0) probabilities[i] = weight(logit) / mass;
  }
  return probabilities;
}

/**
 * Returns the logits after a repetition penalty (Keskar et al. 2019): each token of `prompt` and `ids` becomes less likely,
 * its logit is divided where it is above 0 and multiplied below. A penalty of 1 returns `logits` itself.
 */
export function penalised(
  logits: Float32Array,
  penalty: number,
  prompt: ArrayLike<number>,
  ids: ArrayLike<number>,
): Float32Array {
  if (penalty === 1) return logits;
  const changed = logits.slice();
  for (const id of new Set([...Array.from(prompt), ...Array.from(ids)])) {
    if (id < changed.length) changed[id] = changed[id] < 0 ? changed[id] * penalty : changed[id] / penalty;
  }
  return changed;
}

/** Draws a token. Temperature 0 takes the largest logit, the first on a tie, and draws nothing. */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: Random): number {
  if (options.temperature === 0) return indexOfLargest(logits);
  const probabilities = distribution(logits, options);
  let remaining = random.uniform();
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    last = i;
    remaining -= probabilities[i];
    if (remaining < 0) return i;
  }
  return last;
}

function indexOfLargest(logits: Float32Array): number {
  let largest = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[largest]) largest = i;
  return largest;
}

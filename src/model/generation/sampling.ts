/**
 * Choosing the next token: temperature, top-k, top-p (Holtzman et al. 2020).
 *
 * @module
 */
import type { Random } from "../../base/random.ts";

/** How a token is drawn. */
export interface SamplingOptions {
  /** Divides the logits; 0 takes the most likely token. */
  temperature: number;
  /** Keeps only the most likely `topK` tokens; 0 keeps all. */
  topK: number;
  /** Keeps the most likely tokens until their mass passes `topP`; the first always stays. */
  topP: number;
}

/** The probabilities after temperature, top-k and top-p, for `temperature` above 0: [V], zero where dropped. */
export function distribution(
  logits: Float32Array,
  { temperature, topK, topP }: SamplingOptions,
): Float64Array<ArrayBuffer> {
  const falling = logits.slice().sort().reverse();
  const top = falling[0]; // numbers sort ten times faster than their places
  const weight = (logit: number) => Math.exp((logit - top) / temperature);
  const most = topK > 0 ? Math.min(topK, falling.length) : falling.length;
  let total = 0;
  let mass = 0;
  let kept = 0;
  for (let n = 0; n < most; n++) total += weight(falling[n]);
  while (kept < most && mass <= topP * total) mass += weight(falling[kept++]);
  const least = falling[kept - 1];
  const result = new Float64Array(logits.length);
  let equal = kept - falling.indexOf(least); // of equal ones the first stay
  for (const [i, logit] of logits.entries()) {
    if (logit > least || logit === least && equal-- > 0) result[i] = weight(logit) / mass;
  }
  return result;
}

/** Draws a token. Temperature 0 takes the largest logit, the first on a tie, and draws nothing. */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: Random): number {
  if (options.temperature === 0) return largest(logits);
  const probabilities = distribution(logits, options);
  let left = random.uniform();
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    last = i;
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return last;
}

function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

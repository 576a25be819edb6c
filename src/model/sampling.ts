/**
 * Choosing the next token: temperature, top-k, top-p (Holtzman et al. 2020).
 *
 * @module
 */
import type { Random } from "../base/random.ts";

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
  const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const kept = topK > 0 ? order.slice(0, topK) : order, top = logits[kept[0]];
  const weights = kept.map((i) => Math.exp((logits[i] - top) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  const result = new Float64Array(logits.length);
  let before = 0, mass = 0;
  for (const [n, i] of kept.entries()) {
    if (before > topP) break;
    result[i] = weights[n] / total;
    mass += result[i];
    before += weights[n] / total;
  }
  return result.map((p) => p / mass);
}

/** Draws a token. Temperature 0 takes the largest logit, the first on a tie, and draws nothing. */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: Random): number {
  if (options.temperature === 0) return logits.reduce((best, x, i) => x > logits[best] ? i : best, 0);
  const probabilities = distribution(logits, options);
  let left = random.uniform(), last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    last = i;
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return last;
}

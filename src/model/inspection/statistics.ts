/**
 * Statistics of activations and gradients.
 *
 * @module
 */
import type { InnerPlace } from "../architecture/llama_input.ts";

/** The distribution of the numbers at one place. */
export interface Spread {
  /** Mean. */
  mean: number;
  /** Standard deviation, of the numbers as a population. */
  std: number;
  /** Largest absolute value. */
  largest: number;
  /** Share of numbers whose absolute value is below a tenth of the root mean square; 0.08 for a normal around 0. */
  nearZero: number;
}

/** Statistics of the activations at one place of a layer, over all positions of the prompt. */
export interface ActivationStatistics extends Spread {
  /** The layer, from 0; undefined for the embedding. */
  layer?: number;
  /** The place inside the layer. */
  place: Exclude<InnerPlace, "qkv"> | "embedding";
}

/** Statistics of the gradient of the prompt's own next-token loss by one parameter. */
export interface GradientStatistics {
  /** Its name, as in {@linkcode Model.parameters}. */
  name: string;
  /** Euclidean norm of the gradient. */
  norm: number;
  /** Its largest absolute value. */
  largest: number;
  /** Euclidean norm of the weights. */
  weightNorm: number;
  /** `norm / weightNorm`; 0 if both are 0. */
  ratio: number;
}

/** Computes the four numbers of a {@linkcode Spread}. */
export function spreadOf(data: Float32Array): Spread {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (const x of data) {
    sum += x;
    squares += x * x;
    largest = Math.max(largest, Math.abs(x));
  }
  const n = data.length;
  const mean = sum / n;
  const small = Math.sqrt(squares / n) / 10;
  let nearZero = 0;
  let deviations = 0;
  for (const x of data) {
    deviations += (x - mean) ** 2;
    if (Math.abs(x) < small || x === 0) nearZero++;
  }
  return { mean, std: Math.sqrt(deviations / n), largest, nearZero: nearZero / n };
}

/** Computes the statistics of every gradient, in the order of the checkpoint. */
export function gradientStatistics(
  gradients: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, Float32Array>,
): GradientStatistics[] {
  return [...gradients].map(([name, g]) => {
    const norm = length(g);
    const weightNorm = length(weights.get(name)!);
    const largest = g.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    return { name, norm, largest, weightNorm, ratio: norm === 0 ? 0 : norm / weightNorm };
  });
}

function length(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}

/**
 * Activations and gradients in a few numbers each.
 *
 * @module
 */
import type { InnerPlace } from "../architecture/llama.ts";

/** What the numbers at one place look like. */
export interface Spread {
  /** Mean. */
  mean: number;
  /** Standard deviation (of the numbers as a population). */
  std: number;
  /** Largest absolute value. */
  largest: number;
  /** Share of numbers smaller than a tenth of the root mean square; 0.08 for a normal distribution around 0. */
  nearZero: number;
}

/** Activations at a place of a layer, over all positions of the prompt. */
export interface ActivationStatistics extends Spread {
  /** The layer, from 0; undefined for the embedding. */
  layer?: number;
  /** Where. */
  place: Exclude<InnerPlace, "qkv"> | "embedding";
}

/** The gradient of the prompt's own next-token loss by one parameter. */
export interface GradientStatistics {
  /** Its name, as in {@linkcode Model.parameters}. */
  name: string;
  /** Euclidean norm of the gradient. */
  norm: number;
  /** Its largest absolute value. */
  largest: number;
  /** Euclidean norm of the weights. */
  weightNorm: number;
  /** `norm / weightNorm`; 0 where both are 0. */
  ratio: number;
}

/** The four numbers of an activation. */
export function momentsOf(data: Float32Array): Spread {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (const x of data) sum += x, squares += x * x, largest = Math.max(largest, Math.abs(x));
  const n = data.length;
  const mean = sum / n;
  const small = Math.sqrt(squares / n) / 10;
  let near = 0;
  let spread = 0;
  for (const x of data) {
    spread += (x - mean) ** 2;
    if (Math.abs(x) < small || x === 0) near++;
  }
  return { mean, std: Math.sqrt(spread / n), largest, nearZero: near / n };
}

/** Gradients beside their weights, in the order of the checkpoint. */
export function gradientStatistics(
  gradients: ReadonlyMap<string, Float32Array>,
  weights: ReadonlyMap<string, Float32Array>,
): GradientStatistics[] {
  return [...gradients].map(([name, g]) => {
    const norm = length(g);
    const weightNorm = length(weights.get(name)!);
    const largest = g.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return { name, norm, largest, weightNorm, ratio: norm === 0 ? 0 : norm / weightNorm };
  });
}

function length(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}

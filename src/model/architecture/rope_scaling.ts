/**
 * Rotary frequencies, and their stretching for longer contexts as in Llama 3.
 *
 * The rule is that of Dubey et al. 2024, Hugging Face's `rope_type: "llama3"`:
 *
 *     rate_i = theta^(-2i / E) / d_i      turns_i = originalContext rate_i / 2 pi
 *     d_i = 1 where turns_i > highFrequencyFactor, factor where turns_i < lowFrequencyFactor, in between
 *     1 / d_i = (1 - s) / factor + s      s = (turns_i - low) / (high - low)
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../base/schema.ts";
import { ropeAngles } from "../../ops/mod.ts";

/** The stretching of the rotary frequencies. */
export interface RopeScaling {
  /** The divisor of the slow frequencies. */
  factor: number;
  /** A frequency with fewer turns than this in the original context is slow: it is divided. */
  lowFrequencyFactor: number;
  /** A frequency with more turns than this is left as it is. */
  highFrequencyFactor: number;
  /** The context that the model was first trained with. */
  originalContext: number;
}

const positive = z.number().positive();
/** Checks of {@linkcode RopeScaling}. */
export const ropeScalingSchema: z.ZodType<RopeScaling, RopeScaling> = optionsSchema<RopeScaling>()(
  z.strictObject({
    factor: z.number().min(1),
    lowFrequencyFactor: positive,
    highFrequencyFactor: positive,
    originalContext: positive,
  }).refine((s) => s.highFrequencyFactor > s.lowFrequencyFactor, {
    path: ["highFrequencyFactor"],
    error: "expected more than lowFrequencyFactor",
  }),
);

/** Returns the divisor of each of the E / 2 frequencies. */
export function frequencyDivisors(scaling: RopeScaling, headDim: number, theta: number): number[] {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const turns = originalContext * theta ** (-2 * i / headDim) / (2 * Math.PI);
    const s = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / ((1 - s) / factor + s);
  });
}

/**
 * Returns the scaling behind a list of divisors, as GGUF files store it; undefined if no scaling gives them. Divisors
 * determine only the ratios of the last three numbers, so `lowFrequencyFactor` is 1 and `highFrequencyFactor` 4, as in
 * every released model.
 */
export function scalingOf(divisors: ArrayLike<number>, theta: number): RopeScaling | undefined {
  const list = Array.from(divisors);
  const headDim = 2 * list.length;
  const factor = Math.max(...list);
  const between = list.findIndex((d) => d > 1.0001 && d < factor * 0.9999);
  if (!(factor > 1) || between < 0) return undefined;
  const s = (1 / list[between] - 1 / factor) / (1 - 1 / factor);
  const turns = 1 + 3 * s;
  const originalContext = Math.round(turns * 2 * Math.PI * theta ** (2 * between / headDim));
  const scaling = { factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext };
  const rebuilt = frequencyDivisors(scaling, headDim, theta);
  return rebuilt.every((d, i) => Math.abs(d / list[i] - 1) < 1e-3) ? scaling : undefined;
}

/** Computes the cosines and sines of the context's positions in float64: [T, 2, E / 2]. */
export function rotaryAngles(
  c: { dim: number; heads: number; context: number; ropeTheta: number; ropeScaling?: RopeScaling },
): Float32Array<ArrayBuffer> {
  const headDim = c.dim / c.heads;
  const divisors = c.ropeScaling && frequencyDivisors(c.ropeScaling, headDim, c.ropeTheta);
  return ropeAngles(c.context, headDim, c.ropeTheta, divisors);
}

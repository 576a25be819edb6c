/**
 * Rotary frequencies, and how Llama 3 stretches them for longer contexts (Dubey et al. 2024, as in Hugging Face's
 * `rope_type: "llama3"`):
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

/** How the rotary frequencies are stretched. */
export interface RopeScaling {
  /** By how much the slow ones are slowed down. */
  factor: number;
  /** Fewer turns than this in the original context: a slow one. */
  lowFrequencyFactor: number;
  /** More turns than this: left alone. */
  highFrequencyFactor: number;
  /** Positions that the model was trained on before. */
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

/** What each of the E / 2 frequencies is divided by. */
export function frequencyDivisors(scaling: RopeScaling, headDim: number, theta: number): number[] {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const turns = originalContext * theta ** (-2 * i / headDim) / (2 * Math.PI);
    const s = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / ((1 - s) / factor + s);
  });
}

/**
 * The scaling behind a list of divisors, as GGUF files keep it; undefined where there is none. Only the ratios of its
 * last three numbers can be told from divisors, so `lowFrequencyFactor` is 1 and `highFrequencyFactor` 4, as in every
 * released model.
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
  const again = frequencyDivisors(scaling, headDim, theta);
  return again.every((d, i) => Math.abs(d / list[i] - 1) < 1e-3) ? scaling : undefined;
}

/** Cosines and sines for the positions of the context, computed in float64: [T, 2, E / 2]. */
export function rotaryAngles(
  c: { dim: number; heads: number; context: number; ropeTheta: number; ropeScaling?: RopeScaling },
): Float32Array<ArrayBuffer> {
  const headDim = c.dim / c.heads;
  const divisors = c.ropeScaling && frequencyDivisors(c.ropeScaling, headDim, c.ropeTheta);
  return ropeAngles(c.context, headDim, c.ropeTheta, divisors);
}

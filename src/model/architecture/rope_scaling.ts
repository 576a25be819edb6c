/**
 * Rotary frequencies, and their stretching for longer contexts.
 *
 *     rate_i = theta^(-2i / E) / d_i                          turns_i = originalContext theta^(-2i / E) / 2 pi
 *     linear    d_i = factor                                  (Chen et al. 2023)
 *     dynamic   d_i = 1 up to originalContext, refused beyond (NTK: the rates would change with the length of a text)
 *     llama3    1 / d_i = (1 - s) / factor + s                s = (turns_i - low) / (high - low), at least 0, at most 1
 *     yarn      1 / d_i = r / factor + 1 - r                  r = (i - a) / (b - a), at least 0, at most 1
 *
 * where a pair makes `betaFast` turns in the original context at i = a and `betaSlow` at i = b; YaRN multiplies cosines and
 * sines by `attentionFactor` as well. The rules are those of Dubey et al. 2024 (llama3) and Peng et al. 2023 (yarn), as
 * Hugging Face transformers computes them.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../../base/schema.ts";
import { ropeAngles } from "../../ops/mod.ts";
import { headDim } from "./shard.ts";

/** The stretching of the rotary frequencies, by its `type`; Llama 3's is the default. */
export type RopeScaling =
  | {
    /** Llama 3's rule: slow frequencies are divided, fast ones stay. */
    type?: "llama3";
    /** The divisor of the slow frequencies. */
    factor: number;
    /** A frequency with fewer turns than this in the original context is slow: it is divided. */
    lowFrequencyFactor: number;
    /** A frequency with more turns than this is left as it is. */
    highFrequencyFactor: number;
    /** The context that the model was first trained with. */
    originalContext: number;
  }
  | {
    /** All frequencies are divided. */
    type: "linear";
    /** The divisor. */
    factor: number;
  }
  | {
    /** Nothing changes up to `originalContext`; a model with a longer context is refused. */
    type: "dynamic";
    /** The stretching of longer texts. */
    factor: number;
    /** The largest context that a model can have. */
    originalContext: number;
  }
  | {
    /** YaRN: slow frequencies are divided, fast ones stay, and the scores of attention grow. */
    type: "yarn";
    /** The divisor of the slow frequencies. */
    factor: number;
    /** The context that the model was first trained with. */
    originalContext: number;
    /** A frequency with more turns than this in the original context stays (default 32). */
    betaFast?: number;
    /** A frequency with fewer turns than this is divided by all of `factor` (default 1). */
    betaSlow?: number;
    /** Multiplies cosines and sines (default 0.1 ln(factor) + 1). */
    attentionFactor?: number;
    /** Rounds the first and last frequency between fast and slow to whole pairs, outwards (default true). */
    truncate?: boolean;
  };

type LinearScaling = Extract<RopeScaling, { type: "linear" }>;
type DynamicScaling = Extract<RopeScaling, { type: "dynamic" }>;
type YarnScaling = Extract<RopeScaling, { type: "yarn" }>;
type LlamaScaling = Exclude<RopeScaling, LinearScaling | DynamicScaling | YarnScaling>;

const positive = z.number().positive();
const llamaSchema = optionsSchema<LlamaScaling>()(
  z.strictObject({
    type: z.literal("llama3").optional(),
    factor: positive,
    lowFrequencyFactor: positive,
    highFrequencyFactor: positive,
    originalContext: positive,
  }).refine((s) => s.highFrequencyFactor > s.lowFrequencyFactor, {
    path: ["highFrequencyFactor"],
    error: "expected more than lowFrequencyFactor",
  }),
);
const linearSchema = optionsSchema<LinearScaling>()(
  z.strictObject({ type: z.literal("linear"), factor: positive }),
);
const dynamicSchema = optionsSchema<DynamicScaling>()(
  z.strictObject({ type: z.literal("dynamic"), factor: positive, originalContext: positive }),
);
const yarnSchema = optionsSchema<YarnScaling>()(z.strictObject({
  type: z.literal("yarn"),
  factor: positive,
  originalContext: positive,
  betaFast: positive.optional(),
  betaSlow: positive.optional(),
  attentionFactor: z.number().min(0).optional(),
  truncate: z.boolean().optional(),
}));

/** Checks of {@linkcode RopeScaling}. */
export const ropeScalingSchema: z.ZodType<RopeScaling, RopeScaling> = z.discriminatedUnion("type", [
  llamaSchema,
  linearSchema,
  dynamicSchema,
  yarnSchema,
]);

/** Returns the divisor of each of the E / 2 frequencies. */
export function frequencyDivisors(scaling: RopeScaling, headDim: number, theta: number): number[] {
  const divisors = (inverse: (i: number) => number) =>
    Array.from({ length: headDim / 2 }, (_, i) => 1 / inverse(i));
  switch (scaling.type) {
    case "linear":
      return divisors(() => 1 / scaling.factor);
    case "dynamic":
      return divisors(() => 1);
    case "yarn": {
      const [from, to] = yarnRange(scaling, headDim, theta);
      return divisors((i) => {
        const r = clamp((i - from) / (to - from));
        return r / scaling.factor + 1 - r;
      });
    }
    default: {
      const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
      return divisors((i) => {
        const turns = originalContext * theta ** (-2 * i / headDim) / (2 * Math.PI);
        const s = clamp((turns - low) / (high - low));
        return (1 - s) / factor + s;
      });
    }
  }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

/** Returns the pairs between which YaRN goes from frequencies that stay to frequencies that are divided. */
function yarnRange(
  { originalContext, betaFast = 32, betaSlow = 1, truncate = true }: YarnScaling,
  headDim: number,
  theta: number,
): [from: number, to: number] {
  const pairOf = (turns: number) =>
    headDim * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  const from = Math.max(0, truncate ? Math.floor(pairOf(betaFast)) : pairOf(betaFast));
  const to = Math.min(headDim - 1, truncate ? Math.ceil(pairOf(betaSlow)) : pairOf(betaSlow));
  return [from, from === to ? to + 0.001 : to];
}

/** Returns the factor of cosines and sines: 1 for all scalings but YaRN. */
export function attentionFactorOf(scaling: RopeScaling | undefined): number {
  return scaling?.type === "yarn" ? scaling.attentionFactor ?? yarnAttentionFactor(scaling.factor) : 1;
}

/** Returns YaRN's factor of cosines and sines, 0.1 `weight` ln(factor) + 1; 1 where nothing is stretched. */
export function yarnAttentionFactor(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
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
  const E = headDim(c);
  const divisors = c.ropeScaling && frequencyDivisors(c.ropeScaling, E, c.ropeTheta);
  return ropeAngles(c.context, E, c.ropeTheta, divisors, attentionFactorOf(c.ropeScaling));
}

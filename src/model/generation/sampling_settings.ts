/**
 * The options of a generation, and their defaults: the settings in the model's files, else the paper's release.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { samplingIn, unknownSetting } from "../architecture/generation_settings.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";

/**
 * Options of a generation. An option that is not given has the value of the model's generation_config.json, else the
 * default named here.
 */
export interface GenerateOptions {
  /** Largest number of tokens to add (default 256; the context ends a text too). */
  maxTokens?: number;
  /**
   * Divides the logits; 0 takes the most likely token every time (default 0.8 [LLaMA's release]). With 0, and
   * without a repetition penalty, tokens are chosen on the GPU and pieces of text come in blocks of about 100 ms.
   */
  temperature?: number;
  /** Keeps only this many of the most likely tokens (default 0: all). */
  topK?: number;
  /** Keeps the most likely tokens until their probabilities sum to more than this (default 0.95 [LLaMA's release]). */
  topP?: number;
  /** Drops tokens less likely than this share of the likeliest (default 0: none). */
  minP?: number;
  /** Divides the logits above 0 of tokens in prompt and text, and multiplies those below (default 1: leaves them). */
  repetitionPenalty?: number;
  /** Seed of the draws (default 42). */
  seed?: number;
  /** Ends the text before the first of these strings. */
  stop?: string | string[];
  /**
   * Source of the options that are not given: `"model"` (default) takes the settings of the model's generation_config.json
   * first, `"own"` leaves them out.
   */
  defaults?: "model" | "own";
  /** Ends the generation; reading it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The schema of {@linkcode GenerateOptions}, without defaults. */
export const generateSchema = optionsSchema<GenerateOptions>("GenerateOptions")(z.strictObject({
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).optional(),
  topK: z.int().min(0).optional(),
  topP: z.number().gt(0).max(1).optional(),
  minP: z.number().min(0).max(1).optional(),
  repetitionPenalty: z.number().positive().optional(),
  seed: z.int().optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
  defaults: z.enum(["model", "own"]).optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "expected an AbortSignal")
    .optional(),
}));

/** Options of an answer in a chat. */
export interface ModelChatOptions extends GenerateOptions {
  /**
   * Leaves the oldest turns of a conversation out where it does not fit the context with room for the answer; the system
   * message and the newest message stay (default false: such a conversation is refused once it does not fit at all).
   */
  trim?: boolean;
}

/** The schema of {@linkcode ModelChatOptions}. */
export const chatSchema = optionsSchema<ModelChatOptions>("ModelChatOptions")(
  generateSchema.extend({ trim: z.boolean().default(false) }),
);

/** {@linkcode GenerateOptions} with defaults filled in. */
export interface SamplingSettings extends Required<Omit<GenerateOptions, "signal" | "defaults">> {
  /** Largest number of tokens of prompt and text, where the files say so and no option says otherwise. */
  maxLength?: number;
}

const OWN: SamplingSettings = {
  maxTokens: 256,
  temperature: 0.8,
  topK: 0,
  topP: 0.95,
  minP: 0,
  repetitionPenalty: 1,
  seed: 42,
  stop: [],
};

/**
 * Checks options and fills in defaults.
 *
 * @throws {ConfigError} for an unknown option, or where the files ask for a setting that this package does not know
 */
export function samplingSettings(model: ModelHandle, options: GenerateOptions): SamplingSettings {
  const { signal: _signal, defaults = "model", ...given } = parseOptions(generateSchema, options, "generate");
  const { settings } = stateOf(model);
  if (defaults === "own" || !settings) return { ...OWN, ...defined(given) };
  const unknown = unknownSetting(settings);
  if (unknown) {
    throw new ConfigError(
      `Cannot generate: the model's generation_config.json has ${unknown}, which this package does not do. ` +
        `Give { defaults: "own" } to leave the settings of the file out`,
      { path: "generate.defaults", value: defaults },
    );
  }
  const { maxLength, ...file } = samplingIn(settings);
  const bounded = given.maxTokens === undefined && file.maxTokens === undefined;
  return { ...OWN, ...file, ...defined(given), ...bounded && { maxLength } };
}

function defined<Options extends object>(options: Options): Partial<Options> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Options>;
}

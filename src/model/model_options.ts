/**
 * What making, loading and saving a model can be told.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import { Device } from "../gpu/mod.ts";
import { Tokenizer } from "../tokenizer/mod.ts";

/** How to make or load a model. */
export interface ModelOptions {
  /** Turns text into ids; its size becomes the vocabulary. */
  tokenizer?: Tokenizer;
  /** Longest sequence (default: the preset's). */
  context?: number;
  /** Seed of the initial weights (default 42). */
  seed?: number;
  /**
   * Number format of the working copy of the weights and of activations (default "f32"). With "f16" sums, norms, softmax,
   * loss, gradients, master weights and moments stay in f32; it needs an adapter with shader-f16.
   */
  dtype?: "f32" | "f16";
  /** A device of one's own (default: one shared by all models). */
  device?: Device;
  /** A name; an earlier model of that name is disposed. Made for notebooks, where cells run again. */
  name?: string;
  /** Stops a load; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const options = optionsSchema<ModelOptions>()(z.strictObject({
  tokenizer: z.custom<Tokenizer>((value) => value instanceof Tokenizer, "expected a Tokenizer").optional(),
  context: z.int().min(1).optional(),
  seed: z.int().default(42),
  dtype: z.enum(["f32", "f16"]).default("f32"),
  device: z.custom<Device>((value) => value instanceof Device, "expected a Device").optional(),
  name: z.string().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/** {@linkcode ModelOptions} with defaults filled in. */
export type Settings = z.output<typeof options>;

/** Defaults and checks of {@linkcode ModelOptions}. */
export const modelOptionsSchema: z.ZodType<Settings, ModelOptions> = options;

/** How to save a model. */
export interface SaveOptions {
  /** A Hugging Face folder (default), or one GGUF file (default where the path ends in `.gguf`). */
  format?: "hf" | "gguf";
  /** How a GGUF file packs its matrices (default "f32"). Hugging Face folders are "f32". */
  dtype?: "f32" | "f16" | "q8_0";
  /** Most bytes of a file of weights; what is larger goes into several, with an index (default 50 GB). */
  shardBytes?: number;
  /** Stops the saving; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const saveOptions = optionsSchema<SaveOptions>()(z.strictObject({
  format: z.enum(["hf", "gguf"]).optional(),
  dtype: z.enum(["f32", "f16", "q8_0"]).default("f32"),
  shardBytes: z.int().min(1).default(50e9),
  signal: z.instanceof(AbortSignal).optional(),
}));

/** {@linkcode SaveOptions} with defaults filled in. */
export type SaveSettings = z.output<typeof saveOptions>;

/** Defaults and checks of {@linkcode SaveOptions}. */
export const saveSchema: z.ZodType<SaveSettings, SaveOptions> = saveOptions;

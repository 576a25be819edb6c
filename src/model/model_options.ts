/**
 * Options of making, loading and saving a model.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import { Device } from "../gpu/mod.ts";
import { Tokenizer } from "../tokenizer/mod.ts";
import type { ChosenParts, ModelParts, OwnForward } from "./architecture/model_config.ts";
import { partsSchema } from "./architecture/parts.ts";

/** Options of `Model.create` and `Model.load`. */
export interface ModelOptions {
  /** Turns text into ids; its size becomes the vocabulary (default: none, or the one stored with a loaded model). */
  tokenizer?: Tokenizer;
  /** Longest sequence (default: the preset's, or the loaded model's). */
  context?: number;
  /**
   * Parts in place of the paper's (default: RMSNorm, SwiGLU and rotary positions [paper 2.2]): `norm: "layer"`, `activation:
   * "relu" | "gelu"`, `position: "learned" | "none"`, an activation or a forward pass of your own. Checkpoints keep them by
   * name, Hugging Face folders and GGUF files cannot. `Model.load` needs them for parts of your own, whose functions no file
   * holds.
   */
  parts?: ModelParts | OwnForward | ChosenParts;
  /** Seed of the initial weights of `Model.create` (default 42). */
  seed?: number;
  /**
   * Number format of the weights that products read (default "f32").
   *
   * "f16" takes 2 bytes a weight. Where the adapter has shader-f16 activations are f16 as well; sums, norms, softmax, loss,
   * gradients and moments stay in f32. A loaded model holds nothing else until a trainer asks for weights in f32, which are
   * then the rounded ones; `Model.create` makes them at once.
   *
   * "q8" is for a loaded model that is only used: 34 bytes for 32 weights, in the blocks of GGUF's Q8_0. Those of a GGUF
   * file are kept, other weights are rounded as llama.cpp rounds them. Such a model cannot be trained.
   */
  dtype?: "f32" | "f16" | "q8";
  /**
   * Factor of the rotary scaling, for a folder of the original release of Llama 3.1 or later whose params.json does not
   * state it and whose sizes are not those of a released model.
   */
  ropeFactor?: number;
  /**
   * Processes that hold one copy of the model, each a part of it: `model` of them, which divides `heads`, `kvHeads` and the number of processes (default `{ model: 1 }`). All of them make, use and dispose the model together.
   */
  parallel?: { model?: number };
  /** The device that holds the weights (default: one shared by all models). */
  device?: Device;
  /** A name; an earlier model of that name is disposed, so that a notebook cell can run again. */
  name?: string;
  /** Stops `Model.load`; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const options = optionsSchema<ModelOptions>("ModelOptions")(z.strictObject({
  tokenizer: z.custom<Tokenizer>(
    (value) => value instanceof Tokenizer,
    "must be a Tokenizer, as Tokenizer.load(path) gives",
  ).optional(),
  context: z.int().min(1).optional(),
  parts: partsSchema.optional(),
  seed: z.int().default(42),
  dtype: z.enum(["f32", "f16", "q8"]).default("f32"),
  ropeFactor: z.number().min(1).optional(),
  parallel: z.strictObject({ model: z.int().min(1).optional() }).optional(),
  device: z.custom<Device>((value) => value instanceof Device, "expected a Device").optional(),
  name: z.string().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/** {@linkcode ModelOptions} with defaults filled in. */
export type ModelSettings = z.output<typeof options>;

/** Defaults and checks of {@linkcode ModelOptions}. */
export const modelOptionsSchema: z.ZodType<ModelSettings, ModelOptions> = options;

/** Options of `model.save`. */
export interface SaveOptions {
  /**
   * `hf` (default), a Hugging Face folder, or `gguf`, one GGUF file, which a path that ends in `.gguf` gives too. `llamero` is a
   * folder for this package alone, and for a model whose parts are not the paper's the only one that holds them.
   */
  format?: "hf" | "gguf" | "llamero";
  /**
   * Number format of the matrices (default: that of the model, "f32" for one that is trained; a folder of a model of "q8"
   * is "f32"). "q8_0" is for GGUF files.
   */
  dtype?: "f32" | "f16" | "q8_0";
  /** Largest file of weights, in bytes; more weights go into several files with an index (default 50 GB). */
  shardBytes?: number;
  /** Stops the saving; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const saveOptions = optionsSchema<SaveOptions>("SaveOptions")(z.strictObject({
  format: z.enum(["hf", "gguf", "llamero"]).optional(),
  dtype: z.enum(["f32", "f16", "q8_0"]).optional(),
  shardBytes: z.int().min(1).default(50e9),
  signal: z.instanceof(AbortSignal).optional(),
}));

/** {@linkcode SaveOptions} with defaults filled in. */
export type SaveSettings = z.output<typeof saveOptions>;

/** Defaults and checks of {@linkcode SaveOptions}. */
export const saveSchema: z.ZodType<SaveSettings, SaveOptions> = saveOptions;

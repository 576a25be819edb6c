/**
 * What the parts of the model layer need of a model: its shape, its weights, and where they live.
 *
 * @module
 */
import type { Device, Program, Tensor } from "../gpu/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { ModelConfig } from "./architecture/config.ts";
import type { WeightLayout } from "./weights/weight_layout.ts";

/** A model as its programs see it; `Model` is one. */
export interface ModelState {
  /** Its name, for displays and the memory report. */
  readonly name: string;
  /** Its shape. */
  readonly config: ModelConfig;
  /** Where it lives. */
  readonly device: Device;
  /** Where every weight stands. */
  readonly layout: WeightLayout;
  /** The weights on the GPU. */
  readonly arena: Tensor;
  /** Their copy in f16, where the model computes in half precision. */
  readonly halfWeights?: Tensor;
  /** The rotary angles on the GPU, [context, 2, E / 2]. */
  readonly angles: Tensor;
  /** Text to ids and back. */
  tokenizer?: Tokenizer;
  /** The program compiled last. */
  program?: Program;
  /** The tokenizer, or an error that says what was meant to be done with it. */
  needTokenizer(purpose: string): Tokenizer;
}

/** Text, or token ids as they are. */
export type Prompt = string | Uint32Array;

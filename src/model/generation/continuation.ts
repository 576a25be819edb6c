/**
 * A text on its way: how its tokens are chosen, how they become text, and why it ends.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { optionsSchema } from "../../base/schema.ts";
import type { StreamDecoder } from "../../tokenizer/mod.ts";
import { sampleToken } from "./sampling.ts";
import type { ModelState } from "../model_state.ts";
import { StopText } from "./stop_strings.ts";

/** How to generate. */
export interface GenerateOptions {
  /** Most tokens to add (default 256; the context ends a text too). */
  maxTokens?: number;
  /** Divides the logits; 0 takes the most likely token every time (default 0.8, as in the paper's release). */
  temperature?: number;
  /** Keeps only the most likely tokens (default 0: all). */
  topK?: number;
  /** Keeps the most likely tokens until their mass passes this (default 0.95, as in the paper's release). */
  topP?: number;
  /** Seed of the draws (default 42). */
  seed?: number;
  /** Ends the text before the first of these strings. */
  stop?: string | string[];
  /** Ends the generation. */
  signal?: AbortSignal;
}

/** The schema of {@linkcode GenerateOptions}. */
export const generateSchema = optionsSchema<GenerateOptions>()(z.strictObject({
  maxTokens: z.int().min(1).default(256),
  temperature: z.number().min(0).default(0.8),
  topK: z.int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(0.95),
  seed: z.int().default(42),
  stop: z.union([z.string().min(1), z.array(z.string().min(1))]).default([]),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, "expected an AbortSignal")
    .optional(),
}));

/** Options with their defaults. */
export type SamplingSettings = Required<Omit<GenerateOptions, "signal">>;

/** Why a text ended: the model's end-of-sequence token, `maxTokens`, a stop string, or the end of the context. */
export type FinishReason = "eos" | "length" | "stop" | "context";

/** What follows one prompt, token by token. */
export class Continuation {
  /** The ids so far, without the end-of-sequence token. */
  readonly ids: number[] = [];
  /** Why it ended, once it did. */
  finish?: FinishReason;
  readonly #model: ModelState;
  readonly #options: SamplingSettings;
  readonly #random: Random;
  readonly #ends: ReadonlySet<number>;
  readonly #filter: StopText;
  readonly #decoder?: StreamDecoder;

  /**
   * Begins after `prompt`: a text that goes on, or an answer, which ends with what its template puts behind one.
   *
   * @throws {ConfigError} for a prompt without tokens, or one that does not fit the context
   */
  constructor(model: ModelState, readonly prompt: Uint32Array, options: SamplingSettings, answers: boolean) {
    const { tokenizer, config: { context } } = model;
    if (prompt.length > context) {
      throw new ConfigError(
        `Cannot generate: the prompt has ${prompt.length} tokens, the model's context is ${context}. Shorten the prompt`,
      );
    }
    if (prompt.length === 0) {
      throw new ConfigError("Cannot generate: the prompt has no tokens, give at least one id");
    }
    this.#model = model;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#ends = new Set(tokenizer ? answers ? tokenizer.stopIds : [tokenizer.eosId] : [2]);
    this.#filter = new StopText(options.stop);
    this.#decoder = tokenizer?.decoder({ continues: !answers }); // a text that goes on keeps its first space
  }

  /** The id that the model reads next. */
  get last(): number {
    return this.ids.at(-1) ?? this.prompt[this.prompt.length - 1];
  }

  /** Positions that the model will have read at most. */
  get length(): number {
    return Math.min(this.#model.config.context, this.prompt.length + this.#options.maxTokens - 1);
  }

  /** Chooses a token by the logits [V] after {@linkcode last}; gives the text that is certain by now. */
  take(logits: Float32Array): string {
    const known = this.#model.tokenizer?.vocabSize; // a padded vocabulary has ids that no token stands for
    const id = sampleToken(logits.subarray(0, known), this.#options, this.#random);
    if (this.#ends.has(id)) {
      this.finish = "eos";
      return "";
    }
    const read = this.prompt.length + this.ids.length; // the new token is not read yet
    this.ids.push(id);
    const piece = this.#filter.push(this.#decoder?.push(id) ?? "");
    if (this.#filter.stopped) this.finish = "stop";
    else if (this.ids.length >= this.#options.maxTokens) this.finish = "length";
    else if (read >= this.#model.config.context) this.finish = "context";
    return piece;
  }

  /** The text that was held back, once it ended. */
  end(): string {
    return this.#filter.push(this.#decoder?.end() ?? "") + this.#filter.end();
  }
}

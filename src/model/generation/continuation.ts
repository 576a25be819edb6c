/**
 * One text as it is generated: the choice of its tokens, their text, and the reason for its end.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { optionsSchema } from "../../base/schema.ts";
import type { StreamDecoder } from "../../tokenizer/mod.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { sampleToken } from "./sampling.ts";
import { StopFilter } from "./stop_strings.ts";

/** Options of a generation. */
export interface GenerateOptions {
  /** Largest number of tokens to add (default 256; the context ends a text too). */
  maxTokens?: number;
  /** Divides the logits; 0 takes the most likely token every time (default 0.8, as in the paper's release). */
  temperature?: number;
  /** Keeps only this many of the most likely tokens (default 0: all). */
  topK?: number;
  /** Keeps the most likely tokens until their probabilities sum to more than this (default 0.95, as in the paper's release). */
  topP?: number;
  /** Seed of the draws (default 42). */
  seed?: number;
  /** Ends the text before the first of these strings. */
  stop?: string | string[];
  /** Ends the generation; reading it rejects with the signal's reason. */
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

/** {@linkcode GenerateOptions} with defaults filled in. */
export type SamplingSettings = Required<Omit<GenerateOptions, "signal">>;

/** The reason for the end of a text: the end-of-sequence token, `maxTokens`, a stop string, or the end of the context. */
export type FinishReason = "eos" | "length" | "stop" | "context";

/** The continuation of one prompt, token by token. */
export class Continuation {
  /** The ids so far, without the end-of-sequence token. */
  readonly ids: number[] = [];
  /** The reason for its end, once it ended. */
  finish?: FinishReason;
  readonly #model: ModelState;
  readonly #settings: SamplingSettings;
  readonly #random: Random;
  readonly #endIds: ReadonlySet<number>;
  readonly #stops: StopFilter;
  readonly #decoder?: StreamDecoder;

  /**
   * Begins after `prompt`.
   *
   * @param isAnswer true for an answer in a chat, which ends with the tokens that the template puts behind one
   * @throws {ConfigError} for a prompt without tokens, or one that does not fit the context
   */
  constructor(
    model: ModelHandle,
    readonly prompt: Uint32Array,
    settings: SamplingSettings,
    isAnswer: boolean,
  ) {
    const state = stateOf(model);
    const { tokenizer, config: { context } } = state;
    if (prompt.length > context) {
      throw new ConfigError(
        `Cannot generate: the prompt has ${prompt.length} tokens, the model's context is ${context}. Shorten the prompt`,
      );
    }
    if (prompt.length === 0) {
      throw new ConfigError("Cannot generate: the prompt has no tokens, give at least one id");
    }
    this.#model = state;
    this.#settings = settings;
    this.#random = new Random(settings.seed);
    this.#endIds = new Set(tokenizer ? isAnswer ? tokenizer.stopIds : [tokenizer.eosId] : [2]);
    this.#stops = new StopFilter(settings.stop);
    this.#decoder = tokenizer?.decoder({ continues: !isAnswer }); // a continued text keeps its first space
  }

  /** The id that the model reads next. */
  get last(): number {
    return this.ids.at(-1) ?? this.prompt[this.prompt.length - 1];
  }

  /** The largest number of positions that the model reads for this text. */
  get maxLength(): number {
    return Math.min(this.#model.config.context, this.prompt.length + this.#settings.maxTokens - 1);
  }

  /** Chooses a token by the logits [V] after {@linkcode last}. Returns the text that is certain by now. */
  take(logits: Float32Array): string {
    const tokenizerSize = this.#model.tokenizer?.vocabSize; // the ids of a padded vocabulary go beyond it
    const id = sampleToken(logits.subarray(0, tokenizerSize), this.#settings, this.#random);
    if (this.#endIds.has(id)) {
      this.finish = "eos";
      return "";
    }
    const readTokens = this.prompt.length + this.ids.length;
    this.ids.push(id);
    const piece = this.#stops.push(this.#decoder?.push(id) ?? "");
    if (this.#stops.stopped) this.finish = "stop";
    else if (this.ids.length >= this.#settings.maxTokens) this.finish = "length";
    else if (readTokens >= this.#model.config.context) this.finish = "context";
    return piece;
  }

  /** Returns the text that was held back until the end. */
  end(): string {
    return this.#stops.push(this.#decoder?.end() ?? "") + this.#stops.end();
  }
}

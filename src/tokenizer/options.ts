/**
 * What the verbs of a tokenizer can be told.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import type { DecodeOptions } from "./codec.ts";

/** What {@linkcode Tokenizer.encode} can be told. */
export interface EncodeOptions {
  /** Put BOS in front. Default false. */
  bos?: boolean;
  /** Put EOS behind. Default false. */
  eos?: boolean;
  /** Read special tokens out of the text. Only for text that you wrote yourself. Default false. */
  special?: boolean;
  /**
   * `decode` gives the very text back: a literal U+2581 is written as its bytes instead of as a space, a lone
   * surrogate is refused instead of becoming U+FFFD. Costs a decoding. Default false: as SentencePiece does.
   */
  exact?: boolean;
}

/** How `encodeBatch` encodes on workers. */
export interface BatchOptions extends EncodeOptions {
  /** How many workers; 0 for none. They are started for the call, which pays for many megabytes only. */
  workers: number;
  /** Stops it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const encodeFields = {
  bos: z.boolean().default(false),
  eos: z.boolean().default(false),
  special: z.boolean().default(false),
  exact: z.boolean().default(false),
};
const isPlain = ({ special, exact }: EncodeOptions) => !(special && exact);
const whatIsPlain = "exact is for text in which nothing is special";

/** Defaults and checks of {@linkcode EncodeOptions}. */
export const encodeSchema = optionsSchema<EncodeOptions>()(
  z.strictObject(encodeFields).refine(isPlain, whatIsPlain),
);

/** Defaults and checks of {@linkcode BatchOptions}. */
export const batchSchema = optionsSchema<BatchOptions>()(
  z.strictObject({
    ...encodeFields,
    workers: z.int().min(0),
    signal: z.instanceof(AbortSignal).optional(),
  }).refine(isPlain, whatIsPlain),
);

/** Defaults and checks of {@linkcode DecodeOptions}. */
export const decodeSchema = optionsSchema<DecodeOptions>()(z.strictObject({
  special: z.boolean().default(false),
  continues: z.boolean().default(false),
}));

/** What {@linkcode Tokenizer.chat} can be told. */
export interface ChatOptions {
  /** End with the opening of the answer to come. Default false. */
  generationPrompt?: boolean;
}

/** Defaults and checks of {@linkcode ChatOptions}. */
export const chatSchema = optionsSchema<ChatOptions>()(z.strictObject({
  generationPrompt: z.boolean().default(false),
}));

/** What {@linkcode Tokenizer.stats} can be told. */
export interface StatsOptions {
  /** Stops the reading; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Defaults and checks of {@linkcode StatsOptions}. */
export const statsSchema = optionsSchema<StatsOptions>()(z.strictObject({
  signal: z.instanceof(AbortSignal).optional(),
}));

/**
 * The options of a tokenizer's methods, with their defaults and checks.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema } from "../base/schema.ts";
import type { DecodeOptions } from "./codec.ts";

/** Options of {@linkcode Tokenizer.encode}. */
export interface EncodeOptions {
  /** Puts BOS in front. Default false. */
  bos?: boolean;
  /** Puts EOS behind. Default false. */
  eos?: boolean;
  /** Recognises special tokens in the text; only for trusted text. Default false. */
  special?: boolean;
  /**
   * Encodes so that `decode` returns the same text: a literal U+2581 becomes its bytes instead of a space, and a lone
   * surrogate is an error instead of U+FFFD. Takes one decoding more. Default false, as in SentencePiece.
   */
  exact?: boolean;
}

/** Options of `encodeBatch` on workers. */
export interface BatchOptions extends EncodeOptions {
  /** Number of workers; 0 for none. They are started for the call, which pays off for many megabytes of text. */
  workers: number;
  /** Stops the encoding; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const encodeFields = {
  bos: z.boolean().default(false),
  eos: z.boolean().default(false),
  special: z.boolean().default(false),
  exact: z.boolean().default(false),
};
const isAllowed = ({ special, exact }: EncodeOptions) => !(special && exact);
const notAllowed = "special and exact cannot both be true";

/** Defaults and checks of {@linkcode EncodeOptions}. */
export const encodeSchema = optionsSchema<EncodeOptions>("EncodeOptions")(
  z.strictObject(encodeFields).refine(isAllowed, notAllowed),
);

/** Defaults and checks of {@linkcode BatchOptions}. */
export const batchSchema = optionsSchema<BatchOptions>("BatchOptions")(
  z.strictObject({
    ...encodeFields,
    workers: z.int().min(0),
    signal: z.instanceof(AbortSignal).optional(),
  }).refine(isAllowed, notAllowed),
);

/** Defaults and checks of {@linkcode DecodeOptions}. */
export const decodeSchema = optionsSchema<DecodeOptions>("DecodeOptions")(z.strictObject({
  special: z.boolean().default(false),
  continues: z.boolean().default(false),
}));

/** Options of {@linkcode Tokenizer.chat}. */
export interface ChatOptions {
  /** Ends with the opening of the next answer. Default false. */
  generationPrompt?: boolean;
}

/** Defaults and checks of {@linkcode ChatOptions}. */
export const chatSchema = optionsSchema<ChatOptions>("ChatOptions")(z.strictObject({
  generationPrompt: z.boolean().default(false),
}));

/** Options of {@linkcode Tokenizer.stats}. */
export interface StatsOptions {
  /** Stops the counting; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Defaults and checks of {@linkcode StatsOptions}. */
export const statsSchema = optionsSchema<StatsOptions>("StatsOptions")(z.strictObject({
  signal: z.instanceof(AbortSignal).optional(),
}));

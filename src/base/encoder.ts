/**
 * The interface between data and tokenizer, so that neither layer imports the other.
 *
 * @module
 */
import type { Job } from "./job.ts";

/** One turn of a conversation. */
export interface Message {
  /** The speaker. */
  role: "system" | "user" | "assistant";
  /** The text; never parsed as special tokens. */
  content: string;
}

/** A part of a rendered conversation. */
export interface ChatPiece {
  /** `control`: text of the template; `content`: of the user or the system; `answer`: of the assistant, and its EOS. */
  kind: "control" | "content" | "answer";
  /** The text. */
  text: string;
  /** The token ids of the text. */
  ids: Uint32Array;
}

/** A conversation as token ids, with a mask of the tokens that count in the loss. */
export interface ChatEncoding {
  /** Token ids, BOS in front. */
  ids: Uint32Array;
  /** 1 where the token is part of an answer (its EOS included), else 0; as long as `ids`. */
  mask: Uint8Array;
  /** The same ids by parts, for display. */
  pieces: ChatPiece[];
}

/** An object that turns text into token ids. `Tokenizer` is one. */
export interface Encoder {
  /** Number of ids, which run from 0 to `vocabSize` - 1. */
  readonly vocabSize: number;
  /** Id that opens a document; -1 where the vocabulary has none. */
  readonly bosId: number;
  /** Id that closes a document; -1 where the vocabulary has none. */
  readonly eosId: number;
  /** True when BOS goes in front of a text before a model reads it (default: where the vocabulary has one). */
  readonly addsBos?: boolean;
  /** Key of caches: it changes whenever an id could change. */
  readonly fingerprint: string;
  /** Returns the ids of `text`. Adds BOS and EOS only where an option says so; never parses special tokens in the text. */
  encode(text: string, options?: { bos?: boolean; eos?: boolean }): Uint32Array;
  /** Renders a conversation by the tokenizer's template. */
  chat(messages: readonly Message[], options?: { generationPrompt?: boolean }): ChatEncoding;
  /** Returns the job that makes this encoder, without its template, in a worker. Without it the main thread encodes. */
  job?(): Job;
}

/** Returns true when BOS goes in front of a text before a model reads it. */
export function opensWithBos({ addsBos, bosId }: Pick<Encoder, "addsBos" | "bosId">): boolean {
  return addsBos ?? bosId >= 0;
}

/**
 * Encodes a document for training: BOS in front where texts get one, EOS behind where the vocabulary has one.
 *
 * @throws {ConfigError} for an encoder that adds neither, since documents would run into each other
 */
export function documentIds(encoder: Encoder, text: string): Uint32Array {
  const bos = opensWithBos(encoder);
  return encoder.encode(text, { bos, eos: encoder.eosId >= 0 || !bos });
}

/** Returns the key of encoded documents: the encoder's fingerprint, and whether it leaves its BOS out. */
export function documentKey(encoder: Encoder): string {
  const left = encoder.bosId >= 0 && !opensWithBos(encoder);
  return left ? `${encoder.fingerprint} without BOS` : encoder.fingerprint;
}

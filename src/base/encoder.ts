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
  /** Id that opens a document. */
  readonly bosId: number;
  /** Id that closes a document. */
  readonly eosId: number;
  /** Key of caches: it changes whenever an id could change. */
  readonly fingerprint: string;
  /** Returns the ids of `text`. Adds BOS and EOS only where an option says so; never parses special tokens in the text. */
  encode(text: string, options?: { bos?: boolean; eos?: boolean }): Uint32Array;
  /** Renders a conversation by the tokenizer's template. */
  chat(messages: readonly Message[], options?: { generationPrompt?: boolean }): ChatEncoding;
  /** Returns the job that makes this encoder, without its template, in a worker. Without it the main thread encodes. */
  job?(): Job;
}

/**
 * What the data layer needs of a tokenizer, so that the two need not import each other.
 *
 * @module
 */
import type { Job } from "./job.ts";

/** One turn of a conversation. */
export interface Message {
  /** Who speaks. */
  role: "system" | "user" | "assistant";
  /** What is said; never parsed as special tokens. */
  content: string;
}

/** A stretch of a rendered conversation. */
export interface ChatPiece {
  /** `control`: made by the template. `content`: the user's or the system's words. `answer`: the assistant's words and their EOS. */
  kind: "control" | "content" | "answer";
  /** The text of the stretch. */
  text: string;
  /** Its token ids. */
  ids: Uint32Array;
}

/** A conversation as token ids, with the mask of what is learned. */
export interface ChatEncoding {
  /** Token ids, BOS in front. */
  ids: Uint32Array;
  /** 1 where the token is part of an answer (its EOS included), else 0; as long as `ids`. */
  mask: Uint8Array;
  /** The same ids cut into stretches, for display. */
  pieces: ChatPiece[];
}

/** Text to token ids. `Tokenizer` is one. */
export interface Encoder {
  /** Number of ids; every id is below it. */
  readonly vocabSize: number;
  /** Id that opens a document. */
  readonly bosId: number;
  /** Id that closes a document. */
  readonly eosId: number;
  /** Changes whenever any id could change: caches are keyed by it. */
  readonly fingerprint: string;
  /** Ids of `text`; adds BOS and EOS only when asked, and never parses special tokens out of the text. */
  encode(text: string, options?: { bos?: boolean; eos?: boolean }): Uint32Array;
  /** Renders a conversation with the tokenizer's template. */
  chat(messages: readonly Message[], options?: { generationPrompt?: boolean }): ChatEncoding;
  /** What makes the same encoder (but for its template) in a worker; without it all is encoded on the main thread. */
  job?(): Job;
}

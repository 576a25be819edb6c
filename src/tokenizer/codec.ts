/**
 * What every kind of tokenizer can do, our own and those that run through `@huggingface/tokenizers`.
 *
 * @module
 */

/** Turns ids into text as they come, for generation: never half a character. */
export interface StreamDecoder {
  /** The text that `id` completes; "" while a character is incomplete. */
  push(id: number): string;
  /** The rest: an incomplete character becomes U+FFFD. The decoder starts anew afterwards. */
  end(): string;
}

/** How ids are turned into text. */
export interface DecodeOptions {
  /** Write special tokens out instead of leaving them away. Default false. */
  special?: boolean;
  /** The ids continue an earlier text: the first space stays. Default false. */
  continues?: boolean;
}

/** A vocabulary with its rules. */
export interface Codec {
  /** What does the work, for display. */
  readonly name: "llamero" | "@huggingface/tokenizers";
  /** Number of ids. */
  readonly size: number;
  /** Ids of a text in which nothing is special. One that `continues` another gets no space put in front. */
  encode(text: string, continues?: boolean): number[];
  /** Ids of a text in which special tokens are read as such. */
  encodeSpecial(text: string): number[];
  /** Text of ids below `size`. */
  decode(ids: Iterable<number>, options: DecodeOptions): string;
  /** Decodes one id at a time. */
  decoder(options: DecodeOptions): StreamDecoder;
  /** The token of an id as the file writes it, or undefined. */
  tokenOf(id: number): string | undefined;
  /** The id of a token as the file writes it, or undefined. */
  idOf(token: string): number | undefined;
  /** True for ids that are control, never text. */
  isSpecial(id: number): boolean;
}

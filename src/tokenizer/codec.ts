/**
 * The interface of an encoder with its vocabulary: the fast one of LLaMA-style files, and the general pipeline.
 *
 * @module
 */

/** A decoder of ids that come one by one, as in generation; it never returns half a character. */
export interface StreamDecoder {
  /** Returns the text that `id` completes; "" while a character is incomplete. */
  push(id: number): string;
  /** Returns the rest, an incomplete character as U+FFFD, and resets the decoder. */
  end(): string;
}

/** Options of decoding. */
export interface DecodeOptions {
  /** Writes special tokens out instead of omitting them. Default false. */
  special?: boolean;
  /** Keeps the first space, because the ids continue an earlier text. Default false. */
  continues?: boolean;
}

/** The place of a text within a whole. */
export interface Place {
  /** True where the whole begins. */
  opens: boolean;
  /** True where the text goes on without a token between, so that no space is put in front. */
  continues: boolean;
}

/** The place of a text that is a whole. */
export const WHOLE: Place = { opens: true, continues: false };

/** A part of a text and its ids: an added token when it has an `id`, else the text between two. */
export interface EncodedSection {
  /** Its first UTF-16 unit. */
  from: number;
  /** The unit behind its last. */
  to: number;
  /** Id of the added token. */
  id?: number;
  /** Its ids. */
  ids: number[];
}

/** Returns true where a control token may stand from one UTF-16 unit to the one behind its last. */
export type MayMark = (from: number, to: number) => boolean;

/** An encoder and decoder with its vocabulary. */
export interface Codec {
  /** Name of the implementation. */
  readonly name: "llamero" | "pipeline";
  /** Number of ids. */
  readonly size: number;
  /**
   * Encodes a text in which nothing is special; with `continues`, without the space in front of a text, and with `bare`
   * without the added tokens that are ordinary text.
   */
  encode(text: string, continues?: boolean, bare?: boolean): number[];
  /** Encodes a text in which special tokens are recognised. */
  encodeSpecial(text: string): number[];
  /** Encodes a text in which control tokens are recognised where `mayMark` says so. */
  encodeMarked(text: string, mayMark: MayMark, place: Place): EncodedSection[];
  /** Decodes ids, all below `size`. */
  decode(ids: Iterable<number>, options: DecodeOptions): string;
  /** Returns a decoder of one id at a time. */
  decoder(options: DecodeOptions): StreamDecoder;
  /** Returns the token of an id as the file writes it, or undefined. */
  tokenOf(id: number): string | undefined;
  /** Returns the id of a token as the file writes it, or undefined. */
  idOf(token: string): number | undefined;
  /** Returns true for the ids of control tokens, which are never text. */
  isSpecial(id: number): boolean;
}

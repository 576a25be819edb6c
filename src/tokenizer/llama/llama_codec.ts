/**
 * The fast codec: LLaMA-style byte-pair encoding, word by word with a cache of words.
 *
 * Its ids equal those of `@huggingface/tokenizers` on the same file, because no piece crosses a word boundary.
 *
 * @module
 */
import { Bpe, type Merge } from "./bpe.ts";
import { AddedTokens } from "../added_tokens.ts";
import {
  type Codec,
  type DecodeOptions,
  type EncodedSection,
  type MayMark,
  type Place,
  type StreamDecoder,
  WHOLE,
} from "../codec.ts";
import { byteNames } from "./pieces.ts";
import { eachWord, normalise, ownCopy, SPACE } from "./pretokenize.ts";

/** The most words in the cache, which is emptied when it is full. */
const CACHE_WORDS = 2 ** 16;

/** The longest word that is cached, in UTF-16 units; longer words rarely repeat. */
const MAX_CACHED_LENGTH = 64;

/** A vocabulary for the fast codec. */
export interface LlamaVocabulary {
  /** Tokens by id. */
  tokens: readonly string[];
  /** Merges by rank. */
  merges: readonly Merge[];
  /** Ids of the special tokens. */
  special: ReadonlySet<number>;
  /** Ids of the 256 bytes; without them a character that has no piece becomes `unknown`. */
  bytes?: readonly number[];
  /** Id of `<unk>`. */
  unknown: number;
}

/** A codec for a {@linkcode LlamaVocabulary}. */
export class LlamaCodec implements Codec {
  readonly name = "llamero";
  readonly size: number;
  #vocabulary: LlamaVocabulary;
  #ids: Map<string, number>;
  #bpe: Bpe;
  #cache = new Map<string, readonly number[]>();
  #byteOf: Int16Array;
  #surface: string[];
  #markers: AddedTokens;

  constructor(vocabulary: LlamaVocabulary) {
    const { tokens, merges, special, bytes, unknown } = vocabulary;
    this.#vocabulary = vocabulary;
    this.size = tokens.length;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#markers = new AddedTokens([...special].map((id) => ({ id, content: tokens[id] })));
    const encoder = new TextEncoder();
    const fallback = (char: string) => bytes ? Array.from(encoder.encode(char), (b) => bytes[b]) : [unknown];
    const characters = tokens.map((token, id): [string, number] => [token, id])
      .filter(([token, id]) => !special.has(id) && token.length <= 2 && [...token].length === 1);
    this.#bpe = new Bpe(new Map(characters), merges, tokens.length, fallback);
    this.#surface = tokens.map((token) => token.replaceAll(SPACE, " "));
    this.#byteOf = new Int16Array(tokens.length).fill(-1);
    byteNames().forEach((name, byte) => {
      const id = this.#ids.get(name);
      if (id !== undefined) this.#byteOf[id] = byte;
    });
  }

  encode(text: string, continues = false): number[] {
    const ids: number[] = [];
    eachWord(text, continues, (word) => {
      for (const id of this.#word(word)) ids.push(id);
    });
    return this.#vocabulary.bytes ? ids : fuse(ids, this.#vocabulary.unknown);
  }

  encodeSpecial(text: string): number[] {
    return this.encodeMarked(text, () => true, WHOLE).flatMap((section) => section.ids);
  }

  encodeMarked(text: string, mayMark: MayMark, { continues }: Place): EncodedSection[] {
    return this.#markers.split(text, (_, from, to) => mayMark(from, to)).map(({ from, to, id }) => {
      const ids = id === undefined ? this.encode(text.slice(from, to), continues && from === 0) : [id];
      return { from, to, id, ids };
    });
  }

  decode(ids: Iterable<number>, options: DecodeOptions): string {
    const decoder = this.decoder(options);
    const parts: string[] = [];
    for (const id of ids) parts.push(decoder.push(id));
    parts.push(decoder.end());
    return parts.join("");
  }

  decoder({ special = false, continues = false }: DecodeOptions): StreamDecoder {
    const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    const byte = new Uint8Array(1);
    let atStart = !continues;
    let inBytes = false;
    const strip = (text: string) => {
      if (text === "" || !atStart) return text;
      atStart = false;
      return text.startsWith(" ") ? text.slice(1) : text;
    };
    const rest = () => inBytes ? (inBytes = false, utf8.decode()) : "";
    return {
      push: (id) => {
        if (!special && this.isSpecial(id)) return "";
        if (this.#byteOf[id] < 0) return strip(rest() + this.#surface[id]);
        inBytes = true;
        byte[0] = this.#byteOf[id];
        return strip(utf8.decode(byte, { stream: true }));
      },
      end: () => {
        const last = strip(rest());
        atStart = !continues;
        return last;
      },
    };
  }

  tokenOf(id: number): string | undefined {
    return this.#vocabulary.tokens[id];
  }

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  isSpecial(id: number): boolean {
    return this.#vocabulary.special.has(id);
  }

  #word(word: string): readonly number[] {
    const cached = this.#cache.get(word);
    if (cached !== undefined) return cached;
    const ids = this.#bpe.word(normalise(word));
    if (word.length > MAX_CACHED_LENGTH) return ids;
    if (this.#cache.size >= CACHE_WORDS) this.#cache.clear();
    this.#cache.set(ownCopy(word), ids);
    return ids;
  }
}

/** Replaces each run of `<unk>` by one, as `fuse_unk` of the file demands. */
function fuse(ids: number[], unknown: number): number[] {
  return ids.filter((id, i) => id !== unknown || ids[i - 1] !== unknown);
}

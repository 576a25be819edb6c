/**
 * Statistics of a vocabulary on a text: bytes per token, tokens per word, the share of the vocabulary in use.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { number, percent } from "../display/format.ts";
import { withProgress } from "../display/progress.ts";
import { keyValues } from "../display/table.ts";
import { YieldTimer } from "../base/event_loop.ts";
import { stringsOf, type Texts } from "./texts.ts";

/** Counts over a corpus. */
export interface TokenCounts {
  /** Number of texts. */
  documents: number;
  /** Length in UTF-8 bytes. */
  bytes: number;
  /** Length in characters (Unicode code points). */
  characters: number;
  /** Number of runs of characters that are not white space. */
  words: number;
  /** Number of tokens, without BOS and EOS. */
  tokens: number;
  /** Number of tokens that are single bytes, because their character has no piece. */
  byteTokens: number;
  /** Number of ids that occur at least once. */
  used: number;
  /** Number of ids in the vocabulary. */
  vocabSize: number;
}

/** Counts and ratios over a corpus, as returned by `tokenizer.stats(texts)`. */
export class TokenStats extends Displayable implements TokenCounts {
  readonly documents: number;
  readonly bytes: number;
  readonly characters: number;
  readonly words: number;
  readonly tokens: number;
  readonly byteTokens: number;
  readonly used: number;
  readonly vocabSize: number;

  /** Makes statistics from counts. */
  constructor(counts: TokenCounts) {
    super();
    this.documents = counts.documents;
    this.bytes = counts.bytes;
    this.characters = counts.characters;
    this.words = counts.words;
    this.tokens = counts.tokens;
    this.byteTokens = counts.byteTokens;
    this.used = counts.used;
    this.vocabSize = counts.vocabSize;
  }

  /** Bytes per token; more bytes make shorter sequences. */
  get bytesPerToken(): number {
    return this.bytes / this.tokens;
  }

  /** Tokens per word (fertility). */
  get tokensPerWord(): number {
    return this.tokens / this.words;
  }

  /** Draws ratios and counts as a small table. */
  picture(): Picture {
    return keyValues("Tokens", [
      ["bytes per token", number(this.bytesPerToken, 3)],
      ["tokens per word", number(this.tokensPerWord, 3)],
      ["tokens", number(this.tokens)],
      ["documents", number(this.documents)],
      ["bytes, characters", `${number(this.bytes)}, ${number(this.characters)}`],
      ["byte tokens", percent(this.byteTokens / this.tokens, 2)],
      ["vocabulary used", `${number(this.used)} of ${number(this.vocabSize)}`],
    ]);
  }

  /** Returns counts and ratios as plain data. */
  toJSON(): TokenCounts & { bytesPerToken: number; tokensPerWord: number } {
    const { documents, bytes, characters, words, tokens, byteTokens, used, vocabSize } = this;
    const { bytesPerToken, tokensPerWord } = this;
    return {
      bytesPerToken,
      tokensPerWord,
      documents,
      bytes,
      characters,
      words,
      tokens,
      byteTokens,
      used,
      vocabSize,
    };
  }
}

/** The part of a tokenizer that counting uses. */
interface CountedTokenizer {
  vocabSize: number;
  encode(text: string): Uint32Array;
  tokenOf(id: number): string;
}

/**
 * Encodes each of `texts` once and counts.
 *
 * @throws {ConfigError} when `texts` is not iterable, or a single string
 * @throws {DataError} for an empty corpus or a record without a text
 */
export async function countTokens(
  tokenizer: CountedTokenizer,
  texts: Texts,
  signal?: AbortSignal,
): Promise<TokenStats> {
  const timer = new YieldTimer({ signal });
  const seen = new Float64Array(tokenizer.vocabSize);
  const utf8 = new TextEncoder();
  const sums = { documents: 0, bytes: 0, characters: 0, words: 0, tokens: 0 };
  await withProgress("counting tokens", { unit: "document" }, async (progress) => {
    for await (const text of stringsOf(texts, "count tokens")) {
      progress.set(++sums.documents);
      sums.bytes += utf8.encode(text).length;
      for (const _ of text) sums.characters++;
      sums.words += text.match(/\S+/g)?.length ?? 0;
      for (const id of tokenizer.encode(text)) seen[id]++, sums.tokens++;
      if (timer.due()) await timer.yieldToEventLoop();
    }
  });
  if (sums.tokens === 0) {
    throw new DataError("Cannot count tokens: the corpus is empty, pass at least one text that is not empty");
  }
  const isByte = (id: number) => seen[id] > 0 && /^<0x[0-9A-F]{2}>$/.test(tokenizer.tokenOf(id));
  const byteTokens = seen.reduce((sum, count, id) => sum + (isByte(id) ? count : 0), 0);
  const used = seen.reduce((sum, count) => sum + Math.sign(count), 0);
  return new TokenStats({ ...sums, byteTokens, used, vocabSize: tokenizer.vocabSize });
}

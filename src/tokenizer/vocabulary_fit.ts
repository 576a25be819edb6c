/**
 * How well a vocabulary fits a text.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";
import { Displayable, type Picture } from "../display/display.ts";
import { number, percent } from "../display/format.ts";
import { keyValues } from "../display/table.ts";
import { YieldTimer } from "../base/event_loop.ts";
import { stringsOf, type Texts } from "./texts.ts";

/** Sums over a corpus. */
export interface TokenCounts {
  /** Documents read. */
  documents: number;
  /** Bytes of UTF-8. */
  bytes: number;
  /** Characters (Unicode code points). */
  characters: number;
  /** Stretches without white space. */
  words: number;
  /** Tokens, without BOS and EOS. */
  tokens: number;
  /** Tokens that are single bytes, because their character has no piece. */
  byteTokens: number;
  /** Ids that occur at least once. */
  used: number;
  /** Number of ids. */
  vocabSize: number;
}

/** What `tokenizer.stats(dataset)` gives. */
export class TokenStats extends Displayable implements TokenCounts {
  readonly documents: number;
  readonly bytes: number;
  readonly characters: number;
  readonly words: number;
  readonly tokens: number;
  readonly byteTokens: number;
  readonly used: number;
  readonly vocabSize: number;

  /** Statistics from sums. */
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

  /** Bytes of text that one token carries: more is a shorter sequence. */
  get bytesPerToken(): number {
    return this.bytes / this.tokens;
  }

  /** Tokens for one word (the fertility). */
  get tokensPerWord(): number {
    return this.tokens / this.words;
  }

  /** The ratios and sums as a small table. */
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

  /** Sums and ratios as plain data. */
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

/** What counting needs of a tokenizer. */
interface Counted {
  vocabSize: number;
  encode(text: string): Uint32Array;
  tokenOf(id: number): string;
}

/**
 * Encodes all `texts` once and counts.
 *
 * @throws {DataError} for an empty corpus or a record without text
 */
export async function countTokens(
  tokenizer: Counted,
  texts: Texts,
  signal?: AbortSignal,
): Promise<TokenStats> {
  const timer = new YieldTimer({ signal });
  const seen = new Float64Array(tokenizer.vocabSize);
  const utf8 = new TextEncoder();
  const sums = { documents: 0, bytes: 0, characters: 0, words: 0, tokens: 0 };
  for await (const text of stringsOf(texts, "count tokens")) {
    sums.documents++;
    sums.bytes += utf8.encode(text).length;
    for (const _ of text) sums.characters++;
    sums.words += text.match(/\S+/g)?.length ?? 0;
    for (const id of tokenizer.encode(text)) seen[id]++, sums.tokens++;
    if (timer.due()) await timer.yieldToEventLoop();
  }
  if (sums.tokens === 0) {
    throw new DataError("Cannot count tokens: the corpus is empty, give at least one text");
  }
  const isByte = (id: number) => seen[id] > 0 && /^<0x[0-9A-F]{2}>$/.test(tokenizer.tokenOf(id));
  const byteTokens = seen.reduce((sum, count, id) => sum + (isByte(id) ? count : 0), 0);
  const used = seen.reduce((sum, count) => sum + Math.sign(count), 0);
  return new TokenStats({ ...sums, byteTokens, used, vocabSize: tokenizer.vocabSize });
}

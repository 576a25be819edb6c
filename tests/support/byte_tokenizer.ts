/**
 * A byte-level tokenizer without merges and without BOS, as GPT-2's family has them.
 *
 * @module
 */
import { byteLevelModel } from "../../src/tokenizer/files/byte_level_model.ts";
import { Tokenizer, type TokenizerConfig } from "../../src/tokenizer/mod.ts";

/** Returns the character that stands for a byte in such vocabularies. */
function characterOf(byte: number): string {
  const isPlain = byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174;
  if (isPlain) return String.fromCharCode(byte);
  const before = Array.from({ length: byte }, (_, b) => b).filter((b) =>
    !(b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174)
  );
  return String.fromCharCode(256 + before.length);
}

/**
 * Returns a tokenizer of 256 bytes and `special` tokens behind them; `eos` is one of these, and there is no BOS.
 *
 * @param config further fields of tokenizer_config.json
 */
export function byteTokenizer(special: string[] = [], config: TokenizerConfig = {}): Tokenizer {
  return Tokenizer.fromJSON(byteTokenizerJson(special), config);
}

/** Returns the tokenizer.json of {@linkcode byteTokenizer}. */
export function byteTokenizerJson(special: string[]): Record<string, unknown> {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, i) => ({ id: 256 + i, content, ...plain })),
    normalizer: null,
    pre_tokenizer: bytes,
    post_processor: null,
    ...byteLevelModel(
      Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [characterOf(byte), byte])),
      [],
      false,
    ),
  };
}

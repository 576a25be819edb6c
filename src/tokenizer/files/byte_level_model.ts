/**
 * The model and the decoder of a byte-level vocabulary, such as those of GPT-2 and Llama 3, for a tokenizer.json.
 *
 * @module
 */
import type { TokenizerJson } from "./tokenizer_json.ts";

/**
 * Returns the model and the decoder.
 *
 * @param ignoreMerges true where a word that stands in the vocabulary is one token whatever the merges say
 */
export function byteLevelModel(
  vocab: Record<string, number>,
  merges: readonly (string | [string, string])[],
  ignoreMerges: boolean,
): Pick<TokenizerJson, "model" | "decoder"> {
  return {
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab,
      merges: [...merges],
    },
  };
}

/**
 * The tokenizer.json of a byte-level vocabulary such as Llama 3's, rebuilt from the values of a GGUF file.
 *
 * @module
 */
import type { PieceKind } from "../../../tokenizer/mod.ts";
import { byteLevelModel } from "../../../tokenizer/files/byte_level_model.ts";
import type { Component } from "../../../tokenizer/files/tokenizer_json.ts";
import { componentOf, type PreTokenizer } from "./gguf_pre_tokenizers.ts";

/** A byte-level vocabulary. */
interface ByteLevelVocabulary {
  /** Tokens by id. */
  tokens: readonly string[];
  /** Their kinds. */
  kinds: readonly PieceKind[];
  /** Merges by rank, `"a b"`. */
  merges: readonly string[];
  /** The split of a text into words. */
  pre: PreTokenizer;
  /** The component that puts BOS and EOS around a text; null for none. */
  postProcessor: Component | null;
}

/** Returns the tokenizer.json. */
export function byteLevelJson(
  { tokens, kinds, merges, pre, postProcessor }: ByteLevelVocabulary,
): Record<string, unknown> {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const added = tokens.flatMap((content, id) => {
    const special = kinds[id] === "control" || kinds[id] === "unknown";
    return special || kinds[id] === "user" ? [{ id, content, ...plain, special }] : [];
  });
  const names = new Set(added.map(({ content }) => content));
  // A token that merges need stands in the vocabulary too.
  for (const merge of merges) {
    for (const token of [...merge.split(" "), merge.replace(" ", "")]) names.delete(token);
  }
  const vocab = Object.fromEntries(tokens.flatMap((token, id) => names.has(token) ? [] : [[token, id]]));
  return {
    version: "1.0",
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: componentOf(pre),
    post_processor: postProcessor,
    ...byteLevelModel(vocab, merges, pre.ignoreMerges),
  };
}

/**
 * The tokenizer.json of a byte-level vocabulary such as Llama 3's, rebuilt from the values of a GGUF file.
 *
 * @module
 */
import type { PieceKind } from "../../../tokenizer/mod.ts";

/** The pattern of Llama 3 that splits a text into words. */
const WORDS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Returns the tokenizer.json; with `bos` its default call puts that token in front. */
export function byteLevelJson(
  tokens: readonly string[],
  kinds: readonly PieceKind[],
  merges: readonly string[],
  bos: string | undefined,
): Record<string, unknown> {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const added = tokens.flatMap((content, id) => {
    const special = kinds[id] === "control" || kinds[id] === "unknown";
    return special || kinds[id] === "user" ? [{ id, content, ...plain, special }] : [];
  });
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  const words = { type: "Split", pattern: { Regex: WORDS }, behavior: "Isolated", invert: false };
  const names = new Set(added.map(({ content }) => content));
  return {
    version: "1.0",
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [words, bytes] },
    post_processor: bos === undefined ? null : {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { [bos]: { id: bos, ids: [tokens.indexOf(bos)], tokens: [bos] } },
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(tokens.flatMap((token, id) => names.has(token) ? [] : [[token, id]])),
      merges,
    },
  };
}

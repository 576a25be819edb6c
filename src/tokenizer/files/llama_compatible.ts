/**
 * The check that {@linkcode LlamaCodec} gives exactly the ids of a tokenizer.json.
 *
 * @module
 */
import type { Merge } from "../llama/bpe.ts";
import type { LlamaVocabulary } from "../llama/llama_codec.ts";
import { byteNames, staysInWord } from "../llama/pieces.ts";
import { llamaDecoder, llamaNormalizer, type TokenizerJson } from "./tokenizer_json.ts";

/** Returns the vocabulary of a LLaMA-style file; undefined where the ids of our codec could differ. */
export function llamaVocabulary(json: TokenizerJson): LlamaVocabulary | undefined {
  if (!isLlamaPipeline(json) || !hasPlainTokens(json)) return undefined;
  const ids = new Map(Object.entries(json.model.vocab as Record<string, number>));
  for (const { content, id } of json.added_tokens) ids.set(content, id);
  const tokens: string[] = [];
  for (const [token, id] of ids) tokens[id] = token;
  const bytes = json.model.byte_fallback ? byteNames().map((name) => ids.get(name)) : undefined;
  const unknown = ids.get(json.model.unk_token ?? "");
  const special = new Set(json.added_tokens.map((token) => token.id));
  if (tokens.length !== ids.size || unknown === undefined || !special.has(unknown)) return undefined;
  if (bytes?.includes(undefined)) return undefined;
  const merges = mergesByRank(json, ids, new Set([...special, ...bytes as number[] ?? []]));
  return merges && { tokens, merges, special, bytes: bytes as number[] | undefined, unknown };
}

/** Returns true when the normalizer, pre-tokenizer, decoder and settings are LLaMA's. */
function isLlamaPipeline(
  { normalizer, pre_tokenizer, decoder, model }: TokenizerJson,
): boolean {
  return same(normalizer, llamaNormalizer(true)) && pre_tokenizer === null &&
    same(decoder, llamaDecoder(true)) && model.type === "BPE" && !model.dropout &&
    !model.continuing_subword_prefix && !model.continuing_subword_suffix && !model.end_of_word_suffix &&
    !model.ignore_merges && (model.byte_fallback === true || model.fuse_unk === true);
}

/** Returns true when every added token is special, is matched literally, and has two characters or more. */
function hasPlainTokens({ added_tokens }: TokenizerJson): boolean {
  return added_tokens.every((token) =>
    token.special && !token.normalized && !token.single_word && !token.lstrip && !token.rstrip &&
    [...token.content].length > 1
  );
}

/** Returns the merges as ids; undefined when one is repeated, crosses a word, or uses a byte or a `closed` token. */
function mergesByRank(
  { model }: TokenizerJson,
  ids: Map<string, number>,
  closed: Set<number>,
): Merge[] | undefined {
  const merges: Merge[] = [];
  const seen = new Set<number>();
  for (const merge of model.merges ?? []) {
    const [a, b] = typeof merge === "string" ? merge.split(" ") : merge;
    const left = ids.get(a);
    const right = ids.get(b);
    const whole = ids.get(a + b);
    if (left === undefined || right === undefined || whole === undefined || !staysInWord(a + b)) {
      return undefined;
    }
    const key = left * ids.size + right;
    if (seen.has(key) || [left, right, whole].some((id) => closed.has(id))) return undefined;
    seen.add(key);
    merges.push({ left, right, whole });
  }
  return merges;
}

/** Compares plain JSON deeply, in any order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/**
 * The models of a tokenizer.json, which turn a word into ids: byte-pair encoding, Unigram, WordPiece and WordLevel.
 *
 * They follow Hugging Face's Rust library; a kind or a field that would change ids and is not known is refused by name.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { Bpe, type Merge } from "../llama/bpe.ts";
import { byteNames, staysInWord } from "../llama/pieces.ts";
import { SPACE } from "../llama/pretokenize.ts";
import type { TokenizerJson } from "../files/tokenizer_json.ts";
import { refuser } from "./normalizers.ts";
import { unigramOf } from "./unigram.ts";
import type { WordModel } from "./word_model.ts";

type Refuse = (problem: string) => never;

/**
 * Makes the model of `json`.
 *
 * @throws {FormatError} for a kind or a field that is not supported
 */
export function modelOf({ model }: TokenizerJson, file: string): WordModel {
  const type = model.type ?? (Array.isArray(model.vocab) ? "Unigram" : model.merges ? "BPE" : "WordPiece");
  const refuse = refuser(`model ${show(type)}`, file);
  if (type === "Unigram") return unigramOf(model, refuse);
  if (Array.isArray(model.vocab)) return refuse("needs a vocabulary with ids");
  const vocab = new Map(Object.entries(model.vocab));
  switch (type) {
    case "BPE":
      return bpe(model, vocab, refuse);
    case "WordPiece":
      return wordPiece(model, vocab, refuse);
    case "WordLevel": {
      const unknown = vocab.get(model.unk_token ?? "");
      const encode = (word: string) => [vocab.get(word) ?? unknown].filter((id) => id !== undefined);
      return { vocab, unknown, encode };
    }
    default:
      return refuse("is not supported; BPE, Unigram, WordPiece and WordLevel are");
  }
}

function bpe(model: TokenizerJson["model"], vocab: Map<string, number>, refuse: Refuse): WordModel {
  if (model.dropout) refuse(`has dropout ${show(model.dropout)}, which makes ids random; set it to null`);
  if (model.continuing_subword_suffix) refuse("has a continuing_subword_suffix, which is not supported");
  const prefix = String(model.continuing_subword_prefix ?? "");
  const suffix = String(model.end_of_word_suffix ?? "");
  const merges = (model.merges ?? []).map((merge): Merge => {
    const [a, b] = typeof merge === "string" ? splitMerge(merge) : merge;
    const ids = [a, b, a + b.slice(prefix.length)].map((token) => vocab.get(token));
    if (ids.includes(undefined)) {
      refuse(`has the merge ${show([a, b])}, whose tokens are not in the vocabulary`);
    }
    const [left, right, whole] = ids as number[];
    return { left, right, whole };
  });
  const tokens = new Map(Array.from(vocab, ([token, id]) => [id, token]));
  const engine = new Bpe(new Map(), merges, largest(vocab) + 1, () => []);
  const bytes = model.byte_fallback ? byteNames().map((name) => vocab.get(name)) : undefined;
  const unknown = model.unk_token ? vocab.get(model.unk_token) : undefined;
  if (model.unk_token && unknown === undefined) {
    refuse(`has the unk_token ${show(model.unk_token)}, which has no id`);
  }
  const utf8 = new TextEncoder();
  const bytesOf = (char: string): number[] | undefined => {
    const ids = bytes && Array.from(utf8.encode(char), (byte) => bytes[byte]);
    return ids?.includes(undefined) ? undefined : ids as number[] | undefined;
  };
  const encode = (word: string): number[] => {
    const whole = model.ignore_merges ? vocab.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const chars = [...word];
    const ids: number[] = [];
    let waits = false; // an unknown character, not added yet: fuse_unk joins it with the next
    const add = (id: number) => {
      if (waits) ids.push(unknown!);
      waits = false;
      ids.push(id);
    };
    chars.forEach((char, i) => {
      const text = (i > 0 ? prefix : "") + char + (i === chars.length - 1 ? suffix : "");
      const id = vocab.get(text);
      if (id !== undefined) return add(id);
      const found = bytesOf(text);
      if (found) return void ids.push(...found);
      if (unknown === undefined) return;
      if (waits && !model.fuse_unk) ids.push(unknown);
      waits = true;
    });
    if (waits) ids.push(unknown!);
    return ids.length > 1 ? engine.merge(ids) : ids;
  };
  const isPlain = prefix === "" && suffix === "" && !model.ignore_merges && vocab.has(SPACE);
  const staysInWords = isPlain && merges.every(({ whole }) => staysInWord(tokens.get(whole)!));
  return { vocab, unknown, encode, staysInWords };
}

function splitMerge(merge: string): [string, string] {
  const at = merge.indexOf(" ");
  return [merge.slice(0, at), merge.slice(at + 1)];
}

function largest(vocab: ReadonlyMap<string, number>): number {
  let max = 0;
  for (const id of vocab.values()) max = Math.max(max, id);
  return max;
}

function wordPiece(model: TokenizerJson["model"], vocab: Map<string, number>, refuse: Refuse): WordModel {
  const { unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100 } = model;
  const unknown = vocab.get(unk_token ?? "");
  if (unknown === undefined) return refuse(`has the unk_token ${show(unk_token)}, which has no id`);
  const encode = (word: string): number[] => {
    const chars = [...word];
    if (chars.length > Number(max_input_chars_per_word)) return [unknown];
    const ids: number[] = [];
    for (let start = 0; start < chars.length;) {
      let end = chars.length;
      const piece = () => (start > 0 ? continuing_subword_prefix : "") + chars.slice(start, end).join("");
      while (end > start && !vocab.has(piece())) end--;
      if (end === start) return [unknown];
      ids.push(vocab.get(piece())!);
      start = end;
    }
    return ids;
  };
  return { vocab, unknown, encode };
}

/**
 * The Unigram model: of all ways to write a word with the pieces of the vocabulary, the one of the highest score.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { byteNames } from "../llama/pieces.ts";
import type { ModelJson } from "../files/tokenizer_json.ts";
import type { WordModel } from "./word_model.ts";

/** Score of an unknown character below the lowest score of the vocabulary, as in SentencePiece. */
const UNKNOWN_PENALTY = 10;

/** The best way to write the beginning of a word that ends at some character. */
interface Best {
  score: number;
  from: number;
  id: number;
}

/** Makes the model; runs of unknown characters become one token, or their bytes with `byte_fallback`. */
export function unigramOf(model: ModelJson, refuse: (problem: string) => never): WordModel {
  if (!Array.isArray(model.vocab)) return refuse("needs a list of tokens and scores");
  const scores = model.vocab.map(([, score]) => score);
  const vocab = new Map(model.vocab.map(([token], id) => [token, id]));
  const unknown = model.unk_id === null || model.unk_id === undefined ? undefined : Number(model.unk_id);
  if (unknown !== undefined && !(unknown in scores)) {
    refuse(`has the unk_id ${show(model.unk_id)}, which has no token`);
  }
  const unknownScore = scores.reduce((low, score) => Math.min(low, score), Infinity) - UNKNOWN_PENALTY;
  const longest = model.vocab.reduce((most, [token]) => Math.max(most, [...token].length), 1);
  const names = byteNames();
  const utf8 = new TextEncoder();
  const idsOf = (text: string): number[] => {
    const id = vocab.get(text);
    if (id !== undefined) return [id];
    const bytes = model.byte_fallback
      ? Array.from(utf8.encode(text), (byte) => vocab.get(names[byte]))
      : [undefined];
    if (!bytes.includes(undefined)) return bytes as number[];
    return unknown === undefined
      ? refuse("has no unk_id, and the text has characters without a piece")
      : [unknown];
  };
  const encode = (word: string): number[] => {
    const chars = [...word];
    const best: (Best | undefined)[] = [{ score: 0, from: 0, id: -1 }];
    const offer = (to: number, from: number, id: number, score: number) => {
      if (!best[to] || score > best[to].score) best[to] = { score, from, id };
    };
    for (let from = 0; from < chars.length; from++) {
      const before = best[from]!.score;
      let isKnown = false;
      let text = "";
      for (let to = from + 1; to <= Math.min(chars.length, from + longest); to++) {
        text += chars[to - 1];
        const id = vocab.get(text);
        if (id === undefined) continue;
        offer(to, from, id, before + scores[id]);
        if (to === from + 1) isKnown = true;
      }
      if (!isKnown) offer(from + 1, from, unknown ?? -1, before + unknownScore);
    }
    const parts: string[] = [];
    let run = "";
    for (let to = chars.length; to > 0; to = best[to]!.from) {
      const { from, id } = best[to]!;
      const text = chars.slice(from, to).join("");
      if (id === unknown || id < 0) {
        run = text + run;
        continue;
      }
      if (run !== "") parts.push(run);
      run = "";
      parts.push(text);
    }
    if (run !== "") parts.push(run);
    return parts.reverse().flatMap(idsOf);
  };
  return { vocab, unknown, encode };
}

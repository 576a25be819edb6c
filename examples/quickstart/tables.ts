/**
 * The tables that a language model has to beat: what follows what in the training text, counted.
 *
 * @module
 */
import type { Dataset, Tokenizer } from "@llamero/sdk";
import { NgramModel } from "@llamero/sdk/data";

/** A score on a text: nats per token, and bits per UTF-8 byte. */
export interface TextScore {
  /** Who scored. */
  who: string;
  /** Nats per token. */
  nats: number;
  /** Bits per byte of the text. */
  bits: number;
}

/** All documents as one stream of ids, `<s>` in front and `</s>` behind each. */
async function stream(texts: Dataset, tokenizer: Tokenizer): Promise<{ ids: Uint32Array; bytes: number }> {
  const ids: number[] = [];
  let bytes = 0;
  for await (const { text } of texts) {
    ids.push(...tokenizer.encode(text, { bos: true, eos: true }));
    bytes += new TextEncoder().encode(text).length;
  }
  return { ids: Uint32Array.from(ids), bytes };
}

/** The uniform guess, a unigram table and a Kneser-Ney bigram table of `train`, each scored on `held`. */
export async function tableScores(train: Dataset, held: Dataset, tokenizer: Tokenizer): Promise<TextScore[]> {
  const { vocabSize } = tokenizer;
  const known = await stream(train, tokenizer);
  const asked = await stream(held, tokenizer);
  const score = (who: string, logProb: (at: number) => number): TextScore => {
    let nats = 0;
    for (let at = 1; at < asked.ids.length; at++) nats -= logProb(at);
    return { who, nats: nats / (asked.ids.length - 1), bits: nats / Math.LN2 / asked.bytes };
  };
  const table = (order: number) => NgramModel.train([known.ids], { order, vocabSize });
  const unigram = table(1);
  const bigram = table(2);
  return [
    score(`ln ${vocabSize}`, () => -Math.log(vocabSize)),
    score("unigram table", (at) => unigram.logProb(asked.ids, at)),
    score("bigram table (Kneser-Ney)", (at) => bigram.logProb(asked.ids, at)),
  ];
}

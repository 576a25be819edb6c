/**
 * Scores the tables that a language model has to beat: token frequencies and bigram counts of the training text.
 *
 * @module
 */
import type { Dataset, Tokenizer } from "@llamero/sdk";
import { NgramModel } from "@llamero/sdk/data";

/** A score on a text. */
interface TextScore {
  /** Name of the table or model. */
  who: string;
  /** Nats per token. */
  nats: number;
  /** Bits per UTF-8 byte of the text. */
  bits: number;
}

/** Returns all documents as one stream of ids, each between `<s>` and `</s>`. */
async function idsOf(texts: Dataset, tokenizer: Tokenizer): Promise<{ ids: Uint32Array; bytes: number }> {
  const ids: number[] = [];
  let bytes = 0;
  for await (const { text } of texts) {
    ids.push(...tokenizer.encode(text, { bos: true, eos: true }));
    bytes += new TextEncoder().encode(text).length;
  }
  return { ids: Uint32Array.from(ids), bytes };
}

/** Scores a uniform guess, a unigram table and a Kneser-Ney bigram table of `train` on `heldOut`. */
export async function tableScores(
  train: Dataset,
  heldOut: Dataset,
  tokenizer: Tokenizer,
): Promise<TextScore[]> {
  const { vocabSize } = tokenizer;
  const trainText = await idsOf(train, tokenizer);
  const testText = await idsOf(heldOut, tokenizer);
  const score = (who: string, logProb: (at: number) => number): TextScore => {
    let nats = 0;
    for (let at = 1; at < testText.ids.length; at++) nats -= logProb(at);
    return { who, nats: nats / (testText.ids.length - 1), bits: nats / Math.LN2 / testText.bytes };
  };
  const table = (order: number) => NgramModel.train([trainText.ids], { order, vocabSize });
  const unigram = table(1);
  const bigram = table(2);
  return [
    score(`ln ${vocabSize}`, () => -Math.log(vocabSize)),
    score("unigram table", (at) => unigram.logProb(testText.ids, at)),
    score("bigram table (Kneser-Ney)", (at) => bigram.logProb(testText.ids, at)),
  ];
}

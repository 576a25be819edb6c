/**
 * Does the model use what it has read? The same last token after its own context, and after another chapter's.
 *
 * @module
 */
import type { Dataset, Model, Tokenizer } from "@llamero/sdk";

/** Loss of a token after its own context and after another one, in nats. */
export interface ContextUse {
  /** After the text that really stands before it. */
  own: number;
  /** After a piece of another chapter that ends with the same token. */
  other: number;
  /** Tokens asked. */
  tokens: number;
}

/** Asks `count` tokens of `held`, each with `length` tokens of context, spread evenly over the text. */
export async function contextUse(
  model: Model,
  tokenizer: Tokenizer,
  held: Dataset,
  { count = 800, length = 48 } = {},
): Promise<ContextUse> {
  const chapters = (await held.toArray()).map(({ text }) => tokenizer.encode(text)).filter((ids) =>
    ids.length > 4 * length
  );
  const own: [Uint32Array, Uint32Array][] = [];
  const other: [Uint32Array, Uint32Array][] = [];
  const perChapter = Math.ceil(count / chapters.length);
  chapters.forEach((ids, c) => {
    const elsewhere = chapters[(c + 1) % chapters.length];
    for (let n = 0; n < perChapter; n++) {
      const at = length + Math.floor((ids.length - length - 1) * n / perChapter);
      const answer = ids.subarray(at, at + 1);
      const from = Math.floor((elsewhere.length - length) * n / perChapter);
      const moved = elsewhere.slice(from, from + length);
      moved[length - 1] = ids[at - 1];
      own.push([ids.subarray(at - length, at), answer]);
      other.push([moved, answer]);
    }
  });
  const mean = async (pairs: typeof own) => {
    const scores = await model.scoreBatch(pairs);
    return scores.reduce((sum, { logProb }) => sum - logProb, 0) / scores.length;
  };
  return { own: await mean(own), other: await mean(other), tokens: own.length };
}

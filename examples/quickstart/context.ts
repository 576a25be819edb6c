/**
 * Measures the use of context: the loss of a token after its own context, and after another chapter's.
 *
 * Both contexts end with the same token, so a model that uses the last token alone has the same loss after both.
 *
 * @module
 */
import type { Dataset, Model, Tokenizer } from "@llamero/sdk";

/** The mean loss of a token after its own context and after another one, in nats. */
interface ContextUse {
  /** Loss after the text that precedes the token. */
  own: number;
  /** Loss after a piece of another chapter that ends with the same token. */
  other: number;
  /** Number of tokens scored. */
  tokens: number;
}

/** Scores about `count` tokens, spread evenly over the `heldOut` text, each after `length` tokens of context. */
export async function contextUse(
  model: Model,
  tokenizer: Tokenizer,
  heldOut: Dataset,
  { count = 800, length = 48 } = {},
): Promise<ContextUse> {
  const chapters = (await heldOut.toArray()).map(({ text }) => tokenizer.encode(text)).filter((ids) =>
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

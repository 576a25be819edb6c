/**
 * A model whose answers are kept: it is asked only what its cache does not know.
 *
 * @module
 */
import type { ItemCache } from "./item_cache.ts";
import type { Likelihood, Scorable } from "./scorable.ts";

/**
 * The model behind its cache. Losses are not kept.
 *
 * @param how what else decides its answers, such as a chat template
 */
export function remembering(model: Scorable, cache: ItemCache, how = ""): Scorable {
  const { name, config, tokenizer } = model;
  const likelihood = (pair: readonly (string | Uint32Array)[]) =>
    ["likelihood", how, pair.map(plain)] as const;
  return {
    name,
    config,
    tokenizer,
    scoreBatch: model.scoreBatch && (async (pairs, run) => {
      const kept = await cache.answers(pairs.map(likelihood), async (open) => {
        const asked = new Set(open.map((question) => JSON.stringify(question)));
        const left = pairs.filter((pair) => asked.has(JSON.stringify(likelihood(pair))));
        return (await model.scoreBatch!(left, run)).map(worthKeeping);
      });
      return kept.map((one) => one && { ...one, logProb: one.logProb ?? -Infinity }) as Likelihood[];
    }),
    generate: model.generate &&
      ((prompt, { signal, ...decoding } = { temperature: 0, maxTokens: 64, stop: [] }) => ({
        text: async () => {
          const question = ["text", how, plain(prompt), decoding] as const;
          const ask = async () => [await model.generate!(prompt, { ...decoding, signal }).text()];
          return (await cache.answers([question], ask))[0];
        },
      })),
    loss: model.loss?.bind(model),
  };
}

/** JSON writes minus infinity as null, which is read as it was meant; what is no number is not kept. */
function worthKeeping(likelihood: Likelihood): Likelihood | undefined {
  return Number.isNaN(likelihood?.logProb) ? undefined : likelihood;
}

/** Ids as JSON has them. */
function plain(text: string | Uint32Array): string | number[] {
  return typeof text === "string" ? text : [...text];
}

/**
 * A model whose answers are kept: it is asked only what its cache does not know.
 *
 * @module
 */
import type { ItemCache } from "./answer_cache.ts";
import type { Decoding, EvalModel, Likelihood } from "./eval_model.ts";

/**
 * The model behind its cache. Losses are not kept.
 *
 * @param how what else decides its answers, such as a chat template
 */
export function remembering(model: EvalModel, cache: ItemCache, how = ""): EvalModel {
  const { name, config, tokenizer } = model;
  const likelihood = (pair: readonly (string | Uint32Array)[]) =>
    ["likelihood", how, pair.map(plain)] as const;
  const written = (
    prompt: string | Uint32Array,
    decoding: Omit<Decoding, "stop"> & { stop: readonly string[] },
  ) => ["text", how, plain(prompt), decoding] as const;
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
          const ask = async () => [await model.generate!(prompt, { ...decoding, signal }).text()];
          return (await cache.answers([written(prompt, decoding)], ask))[0];
        },
      })),
    generateBatch: model.generateBatch && (async (prompts, { onText, signal, seed, ...decoding }) => {
      const questions = prompts.map((prompt, i) =>
        written(prompt, { ...decoding, ...seed ? { seed: seed[i] } : {} })
      );
      const texts = await cache.known<string>(questions);
      const kept: Promise<void>[] = [];
      texts.forEach((text, i) => text === undefined || onText?.(i, { text }));
      const open = [...prompts.keys()].filter((i) => texts[i] === undefined);
      const take = (n: number, text: string) => {
        if (texts[open[n]] !== undefined) return;
        texts[open[n]] = text;
        kept.push(cache.keep(questions[open[n]], text));
        onText?.(open[n], { text });
      };
      try {
        const all = await model.generateBatch!(open.map((i) => prompts[i]), {
          ...decoding,
          ...seed ? { seed: open.map((i) => seed[i]) } : {},
          signal,
          onText: (n, { text }) => take(n, text),
        });
        all.forEach(({ text }, n) => take(n, text)); // of a model that does not tell them as they come
      } finally {
        await Promise.all(kept);
      }
      return texts.map((text) => ({ text: text! }));
    }),
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

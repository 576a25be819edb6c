/**
 * A model behind a cache of its answers: only unknown questions reach the model.
 *
 * @module
 */
import type { AnswerCache } from "./answer_cache.ts";
import type { Decoding, EvalModel, Likelihood } from "./eval_model.ts";

/** The cache of a model, and the text that tells its questions from those asked in another way. */
interface Cached {
  model: EvalModel;
  cache: AnswerCache;
  mode: string;
}

/**
 * Returns `model` with `scoreBatch`, `generate` and `generateBatch` behind `cache`. Losses are not cached.
 *
 * @param mode anything else that decides the answers, such as a chat template
 */
export function withAnswerCache(model: EvalModel, cache: AnswerCache, mode = ""): EvalModel {
  const { name, config, tokenizer } = model;
  const cached = { model, cache, mode };
  return {
    name,
    config,
    tokenizer,
    scoreBatch: model.scoreBatch && cachedScoreBatch(cached),
    generate: model.generate && cachedGenerate(cached),
    generateBatch: model.generateBatch && cachedGenerateBatch(cached),
    loss: model.loss?.bind(model),
  };
}

function cachedScoreBatch({ model, cache, mode }: Cached): EvalModel["scoreBatch"] {
  return async (pairs, run) => {
    const questions = pairs.map((pair) => ["likelihood", mode, pair.map(asJson)]);
    const ask = async (indexes: number[]) =>
      (await model.scoreBatch!(indexes.map((i) => pairs[i]), run)).map(withoutNaN);
    const kept = await cache.answers<KeptLikelihood | undefined>(questions, ask);
    return kept.map((one) => one && likelihoodOf(one)) as Likelihood[];
  };
}

function cachedGenerate({ model, cache, mode }: Cached): EvalModel["generate"] {
  return (prompt, { signal, ...decoding } = { temperature: 0, maxTokens: 64, stop: [] }) => ({
    async text() {
      const ask = async () => [await model.generate!(prompt, { ...decoding, signal }).text()];
      return (await cache.answers([textQuestion(mode, prompt, decoding)], ask))[0];
    },
  });
}

/** Keeps every text as it comes, so that a batch that fails in the middle is not lost. */
function cachedGenerateBatch({ model, cache, mode }: Cached): EvalModel["generateBatch"] {
  return async (prompts, { onText, signal, seed, ...decoding }) => {
    const questions = prompts.map((prompt, i) =>
      textQuestion(mode, prompt, { ...decoding, ...seed ? { seed: seed[i] } : {} })
    );
    const texts = await cache.known<string>(questions);
    texts.forEach((text, i) => text === undefined || onText?.(i, { text }));
    const open = [...prompts.keys()].filter((i) => texts[i] === undefined);
    const writes: Promise<void>[] = [];
    const keep = (i: number, text: string) => {
      if (texts[i] !== undefined) return;
      texts[i] = text;
      writes.push(cache.keep(questions[i], text));
      onText?.(i, { text });
    };
    try {
      const all = await model.generateBatch!(open.map((i) => prompts[i]), {
        ...decoding,
        ...seed ? { seed: open.map((i) => seed[i]) } : {},
        signal,
        onText: (n, { text }) => keep(open[n], text),
      });
      all.forEach(({ text }, n) => keep(open[n], text)); // for a model that ignores onText
    } finally {
      await Promise.all(writes);
    }
    return texts.map((text) => ({ text: text! }));
  };
}

/** The question of a generated text. The order of the keys of `decoding` is part of its hash. */
function textQuestion(
  mode: string,
  prompt: string | Uint32Array,
  decoding: Omit<Decoding, "stop"> & { stop: readonly string[] },
): unknown[] {
  return ["text", mode, asJson(prompt), decoding];
}

/** Returns undefined, which is not written to disk, for NaN. Minus infinity is written as null. */
function withoutNaN(likelihood: Likelihood): Likelihood | undefined {
  return Number.isNaN(likelihood?.logProb) ? undefined : likelihood;
}

/** A likelihood as the cache holds it: minus infinity is null, and older versions wrote other names for two counts. */
interface KeptLikelihood extends Omit<Likelihood, "logProb"> {
  logProb: number | null;
  cut?: number;
  shared?: number;
}

function likelihoodOf({ logProb, cut, shared, ...counts }: KeptLikelihood): Likelihood {
  return {
    logProb: logProb ?? -Infinity,
    ...cut !== undefined && { truncatedTokens: cut },
    ...shared !== undefined && { reusedTokens: shared },
    ...counts,
  };
}

function asJson(prompt: string | Uint32Array): string | number[] {
  return typeof prompt === "string" ? prompt : [...prompt];
}

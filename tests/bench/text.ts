/**
 * Generation and the tokenizer, in tokens and bytes per second.
 *
 * @module
 */
import type { Device } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import type { Figure, Section } from "./figure.ts";
import { benchShape } from "./start.ts";
import { spread } from "./statistics.ts";
import { mobyDick as moby } from "../support/moby_dick.ts";

/** Tokens of a generated text. */
const written = 100;

/** Measures one sequence after a prompt of one token: sampled here by its logits, and greedy, chosen on the GPU. */
export async function generationSection(device: Device): Promise<Section> {
  using model = await Model.create(benchShape, { device });
  const figures: Figure[] = [];
  for (const [name, temperature] of [["decode", 1], ["decode, greedy", 0]] as const) {
    const rates: number[] = [];
    for (let round = -1; round < 5; round++) {
      const start = performance.now();
      const options = { temperature, topP: 1, maxTokens: written };
      const ids = await model.generate(Uint32Array.of(1), options).ids();
      if (round >= 0) rates.push(ids.length / (performance.now() - start) * 1e3);
    }
    const { median, low, high } = spread(rates);
    figures.push({ name, value: median, unit: "tok/s", note: `range ${low.toFixed(0)}-${high.toFixed(0)}` });
  }
  const about =
    `The bench model writes ${written} tokens, one sequence; a sampled token is read back before the next, greedy ` +
    "ones several at once.";
  return { name: "Generation", about, figures };
}

/** Measures training a tokenizer, and encoding: the first time, and again with every word in its cache. */
export async function tokenizerSection(): Promise<Section> {
  const bytes = new TextEncoder().encode(moby).length;
  const begin = performance.now();
  const tokenizer = await Tokenizer.train([moby], { vocabSize: 2048 });
  const trained = (performance.now() - begin) / 1e3;
  const rates = Array.from({ length: 6 }, () => {
    const start = performance.now();
    tokenizer.encode(moby);
    return bytes / (performance.now() - start) / 1e3;
  });
  const { median, low, high } = spread(rates.slice(1));
  return {
    name: "Tokenizer",
    about: `Moby Dick, ${(bytes / 1e6).toFixed(2)} MB, a vocabulary of 2,048.`,
    figures: [
      { name: "train", value: trained, unit: "s" },
      { name: "encode, first time", value: rates[0], unit: "MB/s" },
      {
        name: "encode, again",
        value: median,
        unit: "MB/s",
        note: `range ${low.toFixed(1)}-${high.toFixed(1)}`,
      },
    ],
  };
}

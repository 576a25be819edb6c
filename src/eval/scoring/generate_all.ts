/**
 * The texts of all items of a task: together where the model can, else one after another. Each is drawn with a seed of
 * its own, so that it depends neither on the others nor on how many there are.
 *
 * @module
 */
import { hash32 } from "../../base/random.ts";
import { Progress } from "../../display/mod.ts";
import { fitPrompt, type FittedPrompt } from "../tasks/fit_context.ts";
import { type Decoding, type EvalModel, requireMethod } from "../models/eval_model.ts";
import type { TaskRun } from "../tasks/task_run.ts";

/** The texts of an item. */
export interface GeneratedTexts {
  /** As many as were asked for, in the order of their seeds. */
  texts: string[];
  /** Tokens of the prompt that were cut off on the left. */
  cut: number;
}

/** `samples` texts for each item. Those of one item stand together, so that its prompt is put through once. */
export async function writeTexts(
  model: EvalModel,
  items: readonly { context: string }[],
  decoding: Omit<Decoding, "seed">,
  samples: number,
  { name, model: as, seed, signal }: TaskRun,
): Promise<GeneratedTexts[]> {
  const fitted = items.map(({ context }) => fitPrompt(model, context, decoding.maxTokens));
  const asked = fitted.flatMap(({ prompt }, item) =>
    Array.from({ length: samples }, (_, s) => ({ prompt, seed: hash32(`${name} ${item} ${s}`, seed) >>> 1 }))
  );
  const write = model.generateBatch ? together(model, decoding) : oneByOne(model, decoding, name);
  await using progress = new Progress(`${name} on ${as}`, { total: asked.length, unit: "texts" });
  const texts = await write(asked, () => progress.add(), signal);
  return fitted.map(({ cut }, i) => ({ texts: texts.slice(i * samples, (i + 1) * samples), cut }));
}

type Asked = Pick<FittedPrompt, "prompt"> & { seed: number };
type Write = (asked: readonly Asked[], tell: () => void, signal?: AbortSignal) => Promise<string[]>;

function together(model: EvalModel, decoding: Omit<Decoding, "seed">): Write {
  return async (asked, onText, signal) => {
    const seeds = decoding.temperature > 0 ? { seed: asked.map(({ seed }) => seed) } : {};
    const options = { ...decoding, ...seeds, onText, signal };
    return (await model.generateBatch!(asked.map(({ prompt }) => prompt), options)).map(({ text }) => text);
  };
}

function oneByOne(model: EvalModel, decoding: Omit<Decoding, "seed">, name: string): Write {
  const source = requireMethod(model, "generate", name);
  return async (asked, tell, signal) => {
    const texts: string[] = [];
    for (const { prompt, seed } of asked) {
      signal?.throwIfAborted();
      const own = decoding.temperature > 0 ? { seed } : {};
      texts.push(await source.generate(prompt, { ...decoding, ...own, signal }).text());
      tell();
    }
    return texts;
  };
}

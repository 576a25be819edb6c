/**
 * Generates the texts of all items of a task: in batches when the model can, else one after another.
 *
 * Each text is drawn with a seed of its own, so that it depends neither on the other texts nor on their number.
 *
 * @module
 */
import { hash32 } from "../../base/random.ts";
import { withProgress } from "../../display/mod.ts";
import { type Decoding, type EvalModel, requireMethod } from "../models/eval_model.ts";
import { dealParts, ownItems } from "../models/dealt_work.ts";
import { fitPrompt, type FittedPrompt } from "../tasks/fit_context.ts";
import type { TaskRun } from "../tasks/task_run.ts";

/** Requests of a part, where ranks share the work. [ours] */
const requestsAtOnce = 64;

/** The texts of an item. */
interface GeneratedTexts {
  /** The texts, in the order of their seeds. */
  texts: string[];
  /** Tokens of the prompt that were cut off on the left. */
  cut: number;
}

/** Generates `samples` texts per item. Those of one item are neighbours, so that their prompt is put through once. */
export async function generateAll(
  model: EvalModel,
  items: readonly { context: string }[],
  decoding: Omit<Decoding, "seed">,
  samples: number,
  { name, model: modelName, seed, signal, shared }: TaskRun,
): Promise<GeneratedTexts[]> {
  const fitted = items.map(({ context }) => fitPrompt(model, context, decoding.maxTokens));
  const requests = fitted.flatMap(({ prompt }, item) =>
    Array.from({ length: samples }, (_, s) => ({ prompt, seed: hash32(`${name} ${item} ${s}`, seed) >>> 1 }))
  );
  const generate = model.generateBatch ? inBatches(model, decoding) : oneByOne(model, decoding, name);
  // Alone, all requests are one part, so that a text that ends makes room for the next one at once.
  const size = (shared?.group.size ?? 1) === 1 ? Math.max(1, requests.length) : requestsAtOnce;
  const total = ownItems(shared, requests.length, size);
  const parts = await withProgress(
    `${name} on ${modelName}`,
    { total, unit: "text" },
    (progress) =>
      dealParts(shared, Math.ceil(requests.length / size), "texts", async (part) => {
        return await generate(requests.slice(part * size, (part + 1) * size), () => progress.add(), signal);
      }),
  );
  const texts = parts.flat();
  return fitted.map(({ cut }, i) => ({ texts: texts.slice(i * samples, (i + 1) * samples), cut }));
}

type Request = Pick<FittedPrompt, "prompt"> & { seed: number };
type Generate = (requests: readonly Request[], onText: () => void, signal?: AbortSignal) => Promise<string[]>;

function inBatches(model: EvalModel, decoding: Omit<Decoding, "seed">): Generate {
  return async (requests, onText, signal) => {
    const seeds = decoding.temperature > 0 ? { seed: requests.map(({ seed }) => seed) } : {};
    const options = { ...decoding, ...seeds, onText, signal };
    const texts = await model.generateBatch!(requests.map(({ prompt }) => prompt), options);
    return texts.map(({ text }) => text);
  };
}

function oneByOne(model: EvalModel, decoding: Omit<Decoding, "seed">, name: string): Generate {
  const generator = requireMethod(model, "generate", name);
  return async (requests, onText, signal) => {
    const texts: string[] = [];
    for (const { prompt, seed } of requests) {
      signal?.throwIfAborted();
      const seeded = decoding.temperature > 0 ? { seed } : {};
      texts.push(await generator.generate(prompt, { ...decoding, ...seeded, signal }).text());
      onText();
    }
    return texts;
  };
}

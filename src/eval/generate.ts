/**
 * Free text: a greedy continuation of the prompt, cut at the stop strings, against the right answers.
 *
 * @module
 */
import { Progress } from "../display/mod.ts";
import { type Case, type Convert, readyCases } from "./cases.ts";
import { cutAt, exactMatch, normalisers } from "./exact_match.ts";
import { fitPrompt, fitsGeneration } from "./fit.ts";
import { continued } from "./likelihoods.ts";
import { meanOf, shareOf } from "./measure.ts";
import type { GenerateOutcome } from "./outcome.ts";
import { promptOf, promptText } from "./prompt.ts";
import { able, type Decoding } from "./scorable.ts";
import type { GenerateDefinition, Task } from "./task.ts";

interface GenerateCase extends Case {
  answers: readonly string[];
  /** The value of a text. */
  grade(text: string): number | Promise<number>;
}

/** A task of free text. */
export function generateTask<Item>(definition: GenerateDefinition<Item>): Task {
  const { name, items, prompt, published, metric = "exact-match", normalisation = "trim" } = definition;
  const { stop = ["\n"], maxTokens = 64 } = definition;
  const decoding: Decoding = { temperature: 0, maxTokens, stop: [...stop] };
  const convert = converter(definition), own = typeof metric === "function";
  const match = normalisation === "words" ? "exact match of normalised words" : "exact match";
  return {
    name,
    kind: "generate",
    prompt: promptText(prompt),
    rule: own ? `greedy, metric ${metric.name}` : `greedy, ${match}`,
    decoding,
    published,
    reads: typeof items === "function",
    async run(model, source, run) {
      const writer = able(model, "generate", run.name), { signal } = run;
      const fits = (_: GenerateCase, context: string) => fitsGeneration(model, context, maxTokens);
      const cases = await readyCases(items, source, run, convert, fits);
      await using progress = new Progress(`${run.name} on ${run.model}`, {
        total: cases.length,
        unit: "items",
      });
      const outcomes: GenerateOutcome[] = [];
      for (const { context, shots, dropped, answers, grade } of cases) {
        signal?.throwIfAborted();
        const { prompt, cut } = fitPrompt(model, context, maxTokens);
        const text = cutAt(await writer.generate(prompt, { ...decoding, signal }).text(), stop);
        const value = await grade(text);
        outcomes.push({ kind: "generate", prompt: context, shots, dropped, cut, text, answers, value });
        progress.add();
      }
      const values = outcomes.map(({ value }) => value);
      return {
        measures: [
          own ? meanOf(metric.name || "metric", values) : shareOf("exact match", values.map((v) => v === 1)),
        ],
        items: outcomes,
      };
    },
  };
}

function converter<Item>(definition: GenerateDefinition<Item>): Convert<Item, GenerateCase> {
  const { prompt, answer, metric = "exact-match", normalisation = "trim" } = definition;
  return (item, wrong) => {
    const text = promptOf(prompt, item, wrong), answers = [answer(item)].flat();
    const grade = typeof metric === "function"
      ? (prediction: string) => metric(prediction, answers, item)
      : (prediction: string) => Number(exactMatch(prediction, answers, normalisation));
    const blank = (given: string) => typeof given !== "string" || normalisers[normalisation](given) === "";
    if (answers.length === 0 || (typeof metric !== "function" && answers.some(blank))) {
      throw wrong(
        `each right answer must be a text that normalisation "${normalisation}" does not make empty`,
      );
    }
    return { prompt: text, example: continued(text, answers[0]).join(""), answers, grade };
  };
}

/**
 * Free text: a continuation of the prompt, cut at the stop strings, against the right answers; greedy, or several
 * texts of which the most frequent answer counts (maj1@k) or the chance that one of k is right (pass@k).
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { Progress } from "../../display/mod.ts";
import { type Case, type Convert, type Ready, readyCases } from "../tasks/few_shot.ts";
import { combine } from "./voting.ts";
import type { GenerateDefinition, Sampling } from "../tasks/definition.ts";
import { cutAt, exactMatch, normaliser } from "./exact_match.ts";
import { fitsGeneration } from "../tasks/fit_context.ts";
import { generated, generatedMeasures } from "./generation_outcomes.ts";
import { type Grader, scorerOf } from "../tasks/grader.ts";
import { continued } from "../tasks/prompt.ts";
import type { GenerateOutcome } from "../tasks/outcome.ts";
import { promptOf, promptText } from "../tasks/prompt.ts";
import type { Decoding } from "../models/eval_model.ts";
import type { Task, TaskSettings } from "../tasks/task.ts";
import { writeTexts } from "./generate_all.ts";

interface GenerateCase<Item> extends Case {
  answers: readonly string[];
  item: Item;
}

/** A task of free text. */
export function generateTask<Item>(definition: GenerateDefinition<Item>, settings: TaskSettings = {}): Task {
  const { name, items, prompt, published, header, shots = 0 } = definition;
  const { stop = ["\n"], maxTokens = 64, trim = true } = definition;
  const sampling = drawn(definition, settings);
  const convert = converter(definition);
  const decoding: Decoding = { temperature: 0, maxTokens, stop: [...stop], ...hot(sampling) };
  const scorer = settings.scorer === undefined ? undefined : scorerOf(settings.scorer);
  if (scorer && definition.grader?.({ scorer }).scorer === undefined) {
    throw new ConfigError(`Cannot use add(${name}).scorer: the task takes no scorer`, {
      path: `add(${name}).scorer`,
    });
  }
  const scored = scorer ? `, scored by ${scorer.name}` : "";
  return {
    name,
    kind: "generate",
    prompt: promptText(prompt),
    header: header === undefined ? undefined : promptText(header),
    rule: `${drawing(sampling)}, ${metricName(definition)}${scored}`,
    shots,
    decoding,
    published,
    reads: typeof items === "function",
    configure: (more) => generateTask(definition, { ...settings, ...more }),
    async run(model, source, run) {
      const fits = (_: GenerateCase<Item>, context: string) => fitsGeneration(model, context, maxTokens);
      const cases = await readyCases(definition, source, run, convert, fits);
      const grader = definition.grader?.({ scorer, signal: run.signal, cache: run.cache }) ??
        matcher(definition);
      try {
        const judge = { scorer: grader.scorer }; // fails here where one is missing
        const written = await writeTexts(model, cases, decoding, sampling?.samples ?? 1, run);
        const outcomes: GenerateOutcome[] = [];
        await using progress = new Progress(`${run.name} on ${run.model}, grading`, {
          total: cases.length,
          unit: "items",
        });
        for (const [i, item] of cases.entries()) {
          run.signal?.throwIfAborted();
          const { texts, cut } = written[i];
          const kept = texts.map((text) => cutAt(text, stop, trim));
          outcomes.push(await outcomeOf(item, kept, cut, definition, grader, sampling));
          progress.add();
        }
        const groups = cases.map(({ groups }) => groups);
        return {
          items: outcomes,
          ...generatedMeasures(outcomes, groups, measureOf(grader, sampling), judge),
        };
      } finally {
        await grader.close?.();
      }
    },
  };
}

/** How the texts of an item are drawn, with the number that the task was added with. */
function drawn<Item>(
  { name, sampling }: GenerateDefinition<Item>,
  { samples }: TaskSettings,
): Sampling | undefined {
  if (samples === undefined) return sampling;
  const least = sampling?.k ?? 1;
  if (sampling && samples >= least) return { ...sampling, samples };
  const why = sampling
    ? `must be at least ${least}, current value is ${samples}`
    : "the text is greedy, one is enough; is there a variant that samples?";
  throw new ConfigError(`Cannot use add(${name}).samples: ${why}`, { path: `add(${name}).samples` });
}

function hot(sampling: Sampling | undefined): Partial<Decoding> {
  return sampling ? { temperature: sampling.temperature, topP: sampling.topP ?? 1 } : {};
}

function drawing(sampling: Sampling | undefined): string {
  if (!sampling) return "greedy";
  const { samples, temperature, topP = 1, combine } = sampling;
  const how = `${samples} sample${samples > 1 ? "s" : ""} at temperature ${temperature}` +
    (topP < 1 ? ` and top-p ${topP}` : "");
  return combine === "majority" ? `most frequent answer of ${how}` : how;
}

function metricName<Item>({ metric, grader, normalisation, extract }: GenerateDefinition<Item>): string {
  if (grader) return grader({}).name;
  if (typeof metric === "function") return `metric ${metric.name}`;
  const words = normalisation === "words" ? " of normalised words" : "";
  return `exact match${extract ? " of the final answer" : words}`;
}

/** The name of the first measure: `exact match`, `maj1@100`, `pass@1`, or the metric's own. */
function measureOf(grader: Grader<never>, sampling: Sampling | undefined): string {
  if (!sampling) return grader.name;
  return sampling.combine === "majority" ? `maj1@${sampling.samples}` : `pass@${sampling.k ?? 1}`;
}

/** The grader of a task without one of its own: exact match, or its metric. */
function matcher<Item>({ metric, normalisation = "trim" }: GenerateDefinition<Item>): Grader<Item> {
  if (typeof metric === "function") return { name: metric.name || "metric", grade: metric };
  return {
    name: "exact match",
    grade: (text, answers) => Number(exactMatch(text, answers, normalisation)),
  };
}

async function outcomeOf<Item>(
  ready: Ready<GenerateCase<Item>>,
  texts: readonly string[],
  cut: number,
  { extract, normalisation = "trim" }: GenerateDefinition<Item>,
  grader: Grader<Item>,
  sampling: Sampling | undefined,
): Promise<GenerateOutcome> {
  const { context, shots, dropped, answers, item } = ready;
  const write = normaliser(normalisation);
  const grade = async (text: string | undefined) =>
    text === undefined ? 0 : await grader.grade(text, answers, item);
  const final = (text: string) => extract ? extract(text) : text;
  const result = await combine(texts, sampling, final, write, grade);
  const base = { kind: "generate" as const, prompt: context, shots, dropped, cut, answers };
  return generated({ ...base, ...result }, extract !== undefined);
}

function converter<Item>(definition: GenerateDefinition<Item>): Convert<Item, GenerateCase<Item>> {
  const { prompt, answer, metric, grader, normalisation = "trim" } = definition;
  const write = normaliser(normalisation);
  const free = grader !== undefined || typeof metric === "function";
  return (item, wrong) => {
    const text = promptOf(prompt, item, wrong);
    const answers = [answer(item)].flat();
    const blank = (given: string) => typeof given !== "string" || write(given) === "";
    if (!free && (answers.length === 0 || answers.some(blank))) {
      const how = typeof normalisation === "function"
        ? "its normalisation"
        : `normalisation "${normalisation}"`;
      throw wrong(`each right answer must be a text that ${how} does not make empty`);
    }
    return { prompt: text, example: continued(text, answers[0] ?? "").join(""), answers, item };
  };
}

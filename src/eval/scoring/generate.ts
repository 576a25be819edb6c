/**
 * Tasks of free text: the model continues a prompt, the text is cut at the stop strings and graded.
 *
 * The text is greedy, or several texts are drawn and either their most frequent answer counts (maj1@k) or the chance that
 * one of k is right (pass@k).
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { withProgress } from "../../display/mod.ts";
import type { Decoding } from "../models/eval_model.ts";
import { doOnce } from "../models/dealt_work.ts";
import type { GenerateDefinition, Sampling } from "../tasks/definition.ts";
import { type Convert, type PromptedCase, promptedCases, type TaskCase } from "../tasks/few_shot.ts";
import { fitsGeneration } from "../tasks/fit_context.ts";
import { type Grader, scorerOf } from "../tasks/grader.ts";
import type { GenerateOutcome } from "../tasks/outcome.ts";
import { continued, promptOf, promptText } from "../tasks/prompt.ts";
import type { Task, TaskSettings } from "../tasks/task.ts";
import { cutAt, exactMatch, normaliser } from "./exact_match.ts";
import { generateAll } from "./generate_all.ts";
import { generateMeasures, generateOutcome } from "./generation_outcomes.ts";
import { combine } from "./voting.ts";

interface GenerateCase<Item> extends TaskCase {
  answers: readonly string[];
  item: Item;
}

/** Makes a task of free text. */
export function generateTask<Item>(definition: GenerateDefinition<Item>, settings: TaskSettings = {}): Task {
  const { name, items, prompt, published, header, shots = 0 } = definition;
  const { stop = ["\n"], maxTokens = 64, trim = true } = definition;
  const sampling = samplingOf(definition, settings);
  const convert = converter(definition);
  const decoding: Decoding = { temperature: 0, maxTokens, stop: [...stop], ...samplingDecoding(sampling) };
  const scorer = settings.scorer === undefined ? undefined : scorerOf(settings.scorer);
  if (scorer && definition.grader?.({ scorer }).scorer === undefined) {
    throw new ConfigError(`Cannot use add(${name}).scorer: the task takes no scorer`, {
      path: `add(${name}).scorer`,
    });
  }
  const scoredBy = scorer ? `, scored by ${scorer.name}` : "";
  return {
    name,
    kind: "generate",
    prompt: promptText(prompt),
    header: header === undefined ? undefined : promptText(header),
    rule: `${samplingText(sampling)}, ${metricText(definition)}${scoredBy}`,
    shots,
    decoding,
    published,
    reads: typeof items === "function",
    configure: (more) => generateTask(definition, { ...settings, ...more }),
    async run(model, source, run) {
      const fits = (_: GenerateCase<Item>, context: string) => fitsGeneration(model, context, maxTokens);
      const cases = await promptedCases(definition, source, run, convert, fits);
      const grader = definition.grader?.({ scorer, signal: run.signal, cache: run.cache }) ??
        defaultGrader(definition);
      try {
        const scorerName = grader.scorer; // throws, before any text is generated, when a needed scorer is missing
        const generated = await generateAll(model, cases, decoding, sampling?.samples ?? 1, run);
        const grading = { total: cases.length, unit: "item" };
        const { outcomes, remarks } = await doOnce(run.shared, "grades", async () => {
          const outcomes: GenerateOutcome[] = [];
          await withProgress(`${run.name} on ${run.model}, grading`, grading, async (progress) => {
            for (const [i, item] of cases.entries()) {
              run.signal?.throwIfAborted();
              const { texts, cut } = generated[i];
              const kept = texts.map((text) => cutAt(text, stop, trim));
              outcomes.push(await gradeItem(item, kept, cut, definition, grader, sampling));
              progress.add();
            }
          });
          return { outcomes, remarks: grader.notes?.() ?? [] };
        });
        const groups = cases.map(({ groups }) => groups);
        const scores = generateMeasures(outcomes, groups, measureName(grader, sampling), scorerName);
        return { items: outcomes, ...scores, notes: [...scores.notes, ...remarks] };
      } finally {
        await grader.close?.();
      }
    },
  };
}

/** Returns the sampling of the task with the number of texts that it was added with; undefined for a greedy task. */
function samplingOf<Item>(
  { name, sampling }: GenerateDefinition<Item>,
  { samples }: TaskSettings,
): Sampling | undefined {
  if (samples === undefined) return sampling;
  const minSamples = sampling?.k ?? 1;
  if (sampling && samples >= minSamples) return { ...sampling, samples };
  const problem = sampling
    ? `must be at least ${minSamples}, current value is ${samples}`
    : "the text is greedy, so one is enough; use a variant that samples";
  throw new ConfigError(`Cannot use add(${name}).samples: ${problem}`, { path: `add(${name}).samples` });
}

function samplingDecoding(sampling: Sampling | undefined): Partial<Decoding> {
  return sampling ? { temperature: sampling.temperature, topP: sampling.topP ?? 1 } : {};
}

function samplingText(sampling: Sampling | undefined): string {
  if (!sampling) return "greedy";
  const { samples, temperature, topP = 1, combine } = sampling;
  const drawn = `${samples} sample${samples > 1 ? "s" : ""} at temperature ${temperature}` +
    (topP < 1 ? ` and top-p ${topP}` : "");
  return combine === "majority" ? `most frequent answer of ${drawn}` : drawn;
}

function metricText<Item>({ metric, grader, normalisation, extract }: GenerateDefinition<Item>): string {
  if (grader) return grader({}).name;
  if (typeof metric === "function") return `metric ${metric.name}`;
  const words = normalisation === "words" ? " of normalised words" : "";
  return `exact match${extract ? " of the final answer" : words}`;
}

/** Returns the name of the first measure: `exact match`, `maj1@100`, `pass@1`, or the metric's own. */
function measureName(grader: Grader<never>, sampling: Sampling | undefined): string {
  if (!sampling) return grader.name;
  return sampling.combine === "majority" ? `maj1@${sampling.samples}` : `pass@${sampling.k ?? 1}`;
}

/** Returns the grader of a task that defines none: its metric, or exact match. */
function defaultGrader<Item>({ metric, normalisation = "trim" }: GenerateDefinition<Item>): Grader<Item> {
  if (typeof metric === "function") return { name: metric.name || "metric", grade: metric };
  return {
    name: "exact match",
    grade: (text, answers) => Number(exactMatch(text, answers, normalisation)),
  };
}

/** Grades the texts of an item, already cut at the stop strings. */
async function gradeItem<Item>(
  prompted: PromptedCase<GenerateCase<Item>>,
  texts: readonly string[],
  cut: number,
  { extract, normalisation = "trim" }: GenerateDefinition<Item>,
  grader: Grader<Item>,
  sampling: Sampling | undefined,
): Promise<GenerateOutcome> {
  const { context, shots, dropped, answers, item, unanswerable } = prompted;
  const grade = async (text: string | undefined) =>
    text === undefined || unanswerable !== undefined ? 0 : await grader.grade(text, answers, item);
  const finalAnswer = (text: string) => extract ? extract(text) : text;
  const combined = await combine(texts, sampling, finalAnswer, normaliser(normalisation), grade);
  const unusable = unanswerable === undefined ? {} : { unusable: unanswerable };
  const base = { kind: "generate" as const, prompt: context, shots, dropped, cut, ...unusable, answers };
  return generateOutcome({ ...base, ...combined }, extract !== undefined);
}

function converter<Item>(definition: GenerateDefinition<Item>): Convert<Item, GenerateCase<Item>> {
  const { prompt, answer, metric, grader, normalisation = "trim" } = definition;
  const normalise = normaliser(normalisation);
  const anyAnswer = grader !== undefined || typeof metric === "function";
  return (item, problems) => {
    const text = promptOf(prompt, item, problems.error);
    const given = [answer(item)].flat();
    if (given.some((answer) => typeof answer !== "string")) {
      throw problems.error("each right answer must be a text");
    }
    const answers = anyAnswer ? given : given.filter((answer) => normalise(answer) !== "");
    const unanswerable = anyAnswer || answers.length > 0 ? undefined : noAnswer(given, normalisation);
    const example = continued(text, answers[0] ?? "").join("");
    return {
      prompt: text,
      example,
      answers: unanswerable === undefined ? answers : given,
      item,
      unanswerable,
    };
  };
}

function noAnswer<Item>(
  answers: readonly string[],
  normalisation: GenerateDefinition<Item>["normalisation"],
): string {
  const rule = typeof normalisation === "function" ? "its normalisation" : `normalisation "${normalisation}"`;
  return answers.length === 0
    ? "it has no right answer"
    : `no answer is left: ${rule} makes ${show(answers.length === 1 ? answers[0] : answers)} empty`;
}

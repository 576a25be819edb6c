/**
 * Multiple choice by likelihood [paper 3]: the option with the largest score after the prompt is the choice.
 *
 * The paper divides the log-likelihood of an option by its number of characters; for OpenBookQA and BoolQ it subtracts
 * the log-likelihood of the option after "Answer:" alone.
 *
 * @module
 */
import type { Likelihood, Pair } from "../models/eval_model.ts";
import type { ChoiceDefinition } from "../tasks/definition.ts";
import { type Convert, type PromptedCase, promptedCases, type TaskCase } from "../tasks/few_shot.ts";
import { fitsContext } from "../tasks/fit_context.ts";
import { meanOf, type Measure, shareOf, sum, withGroups } from "../tasks/metric.ts";
import type { ChoiceOutcome } from "../tasks/outcome.ts";
import { continued, promptOf, promptText } from "../tasks/prompt.ts";
import type { Task } from "../tasks/task.ts";
import { likelihoods } from "./likelihoods.ts";
import { type ScoringRule, scoringRule } from "./normalisation.ts";

interface ChoiceCase extends TaskCase {
  options: readonly string[];
  /** Index of the right option. */
  answer: number;
  /** Indexes of further right options, which cannot be chosen. */
  alsoCorrect: readonly number[];
  /** Prompt and ending to score for each option; undefined scores the option after the prompt. */
  pairs?: readonly Pair[];
}

/** Makes a multiple-choice task. */
export function choiceTask<Item>(definition: ChoiceDefinition<Item>): Task {
  const { name, items, prompt, published, metric = "accuracy", shots = 0 } = definition;
  const rule = scoringRule(definition);
  const convert = converter(definition);
  return {
    name,
    kind: "choice",
    prompt: promptText(prompt),
    header: definition.header === undefined ? undefined : promptText(definition.header),
    rule: rule.description,
    shots,
    published,
    reads: typeof items === "function",
    async run(model, source, run) {
      const fits = ({ options, pairs }: ChoiceCase, context: string) =>
        pairs !== undefined || options.every((option) => fitsContext(model, context, option));
      const cases = await promptedCases(definition, source, run, convert, fits);
      const pairs = cases.map((item) => pairsOf(item, rule));
      const { scored, notes } = await likelihoods(model, pairs.flat(), run);
      const rest = scored.values();
      const outcomes = cases.map((item, i) => outcomeOf(item, [...rest.take(pairs[i].length)], rule));
      const graded = cases.map(({ groups }, i) => ({ groups, outcome: outcomes[i] }));
      return {
        measures: [...withGroups(metric, graded, accuracy), ...correctMass(definition, outcomes)],
        items: outcomes,
        notes: [...tieNote(outcomes), ...majorityNote(outcomes), ...notes],
      };
    },
  };
}

function accuracy(metric: string, items: readonly { outcome: ChoiceOutcome }[]): Measure {
  const right = items.map(({ outcome }) => outcome.choice === outcome.answer);
  const chances = items.map(({ outcome: { options, alsoCorrect } }) =>
    1 / (options.length - (alsoCorrect?.length ?? 0))
  );
  return shareOf(metric, right, sum(chances) / items.length);
}

/** The mean probability of all right options together; none for tasks with one right option per item. */
function correctMass<Item>(
  { alsoCorrect, massMetric }: ChoiceDefinition<Item>,
  outcomes: readonly ChoiceOutcome[],
): Measure[] {
  if (alsoCorrect === undefined) return [];
  const shares = outcomes.map(({ options, answer, alsoCorrect = [] }) => {
    const best = Math.max(...options.map(({ logProb }) => logProb));
    const weights = options.map(({ logProb }) => Math.exp(logProb - best));
    return sum([answer, ...alsoCorrect].map((i) => weights[i])) / sum(weights);
  });
  return [meanOf(massMetric ?? "mass of right options", shares, "share")];
}

function converter<Item>(definition: ChoiceDefinition<Item>): Convert<Item, ChoiceCase> {
  const { prompt, pairs, alsoCorrect } = definition;
  return (item, itemError) => {
    const options = definition.options(item);
    const answer = definition.answer(item);
    const text = promptOf(prompt, item, itemError);
    if (!Array.isArray(options) || options.length < 2) throw itemError("there must be at least two options");
    const blank = options.findIndex((option) => typeof option !== "string" || option.trim() === "");
    if (blank >= 0) throw itemError(`option ${blank} must be a text that is not blank`);
    const right = typeof answer === "string" ? options.indexOf(answer) : answer;
    if (!Number.isInteger(right) || right < 0 || right >= options.length) {
      throw itemError(
        `the answer must be one of the options or a number from 0 to ${options.length - 1}, ` +
          `current value is ${JSON.stringify(answer)}`,
      );
    }
    return {
      prompt: text,
      example: continued(text, options[right]).join(""),
      options,
      answer: right,
      alsoCorrect: alsoCorrect?.(item) ?? [],
      pairs: pairs?.(item),
    };
  };
}

/** The pairs to score for an item: its options after the prompt, then its options after the unconditional context. */
function pairsOf(
  { context, prefix, options, pairs }: PromptedCase<ChoiceCase>,
  { unconditionalContext }: ScoringRule,
): Pair[] {
  const conditional = pairs?.map(([prompt, ending]): Pair => [prefix + prompt, ending]) ??
    options.map((option) => continued(context, option));
  return unconditionalContext === undefined
    ? conditional
    : [...conditional, ...options.map((option) => continued(unconditionalContext, option))];
}

function outcomeOf(
  item: PromptedCase<ChoiceCase>,
  scored: readonly Likelihood[],
  rule: ScoringRule,
): ChoiceOutcome {
  const { context, shots, dropped, answer, alsoCorrect } = item;
  const count = item.options.length;
  const options = item.options.map((text, i) => {
    const { logProb, tokens } = scored[i];
    return { text, logProb, tokens, score: rule.score(text, scored[i], scored[count + i]) };
  });
  const candidates = [...options.keys()].filter((i) => !alsoCorrect.includes(i));
  const choice = candidates.reduce((best, i) => options[i].score > options[best].score ? i : best);
  const cut = Math.max(...scored.slice(0, count).map((likelihood) => likelihood.truncatedTokens ?? 0));
  const more = alsoCorrect.length ? { alsoCorrect: [...alsoCorrect] } : {};
  return { kind: "choice", prompt: context, shots, dropped, cut, options, choice, answer, ...more };
}

/** A note on the number of items whose best score is shared; the first such option counts as chosen. */
function tieNote(outcomes: readonly ChoiceOutcome[]): string[] {
  const tied = outcomes.filter(({ options, choice, alsoCorrect = [] }) =>
    options.some(({ score }, i) =>
      i !== choice && !alsoCorrect.includes(i) && score === options[choice].score
    )
  );
  return tied.length ? [`ties: ${tied.length}, decided for the first option`] : [];
}

/** A note on the accuracy of always giving the most frequent answer, for tasks whose items share their options. */
function majorityNote(outcomes: readonly ChoiceOutcome[]): string[] {
  const texts = ({ options }: ChoiceOutcome) => JSON.stringify(options.map(({ text }) => text));
  if (outcomes.length < 2 || outcomes.some((outcome) => texts(outcome) !== texts(outcomes[0]))) return [];
  const counts = outcomes[0].options.map((_, i) => outcomes.filter(({ answer }) => answer === i).length);
  const largest = Math.max(...counts);
  const text = outcomes[0].options[counts.indexOf(largest)].text;
  return [`always answering "${text}" would score ${(100 * largest / outcomes.length).toFixed(1)} %`];
}

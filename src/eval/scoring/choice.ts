/**
 * Multiple choice by likelihood [paper 3]: the option with the largest score after the prompt is the choice.
 *
 * The paper divides the log-likelihood of an option by its number of characters; for OpenBookQA and BoolQ it subtracts
 * the log-likelihood of the option after "Answer:" alone.
 *
 * @module
 */
import { percent } from "../../display/format.ts";
import type { Likelihood, Pair } from "../models/eval_model.ts";
import type { ChoiceDefinition } from "../tasks/definition.ts";
import { type Convert, type PromptedCase, promptedCases, type TaskCase } from "../tasks/few_shot.ts";
import { fitsContext } from "../tasks/fit_context.ts";
import { meanOf, type Measure, shareOf, sum, withGroups } from "../tasks/metric.ts";
import type { ChoiceOutcome, OptionScore } from "../tasks/outcome.ts";
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
  /** Indexes of the options that have a text, and are scored. */
  scored: readonly number[];
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
      const fits = ({ options, pairs, scored }: ChoiceCase, context: string) =>
        pairs !== undefined || scored.every((i) => fitsContext(model, context, options[i]));
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
  const right = items.map(({ outcome }) =>
    outcome.unusable === undefined && outcome.choice === outcome.answer
  );
  const chances = items.map(({ outcome: { options, alsoCorrect, unusable } }) =>
    unusable === undefined
      ? 1 / (options.filter(({ blank }) => !blank).length - (alsoCorrect?.length ?? 0))
      : 0
  );
  return shareOf(metric, right, sum(chances) / items.length);
}

/** The mean probability of all right options together; none for tasks with one right option per item. */
function correctMass<Item>(
  { alsoCorrect, massMetric }: ChoiceDefinition<Item>,
  outcomes: readonly ChoiceOutcome[],
): Measure[] {
  if (alsoCorrect === undefined) return [];
  const shares = outcomes.map(({ options, answer, alsoCorrect = [], unusable }) => {
    if (unusable !== undefined) return 0;
    const best = Math.max(...options.map(({ logProb }) => logProb));
    const weights = options.map(({ logProb }) => Math.exp(logProb - best));
    return sum([answer, ...alsoCorrect].map((i) => weights[i])) / sum(weights);
  });
  return [meanOf(massMetric ?? "mass of right options", shares, "share")];
}

function converter<Item>(definition: ChoiceDefinition<Item>): Convert<Item, ChoiceCase> {
  const { prompt, pairs, alsoCorrect } = definition;
  return (item, problems) => {
    const options = definition.options(item);
    const answer = definition.answer(item);
    const text = promptOf(prompt, item, problems.error);
    if (!Array.isArray(options) || options.length < 2) {
      throw problems.error("there must be at least two options");
    }
    const noText = options.findIndex((option) => typeof option !== "string");
    if (noText >= 0) throw problems.error(`option ${noText} must be a text`);
    const right = typeof answer === "string" ? options.indexOf(answer) : answer;
    if (!Number.isInteger(right) || right < 0 || right >= options.length) {
      throw problems.error(
        `the answer must be one of the options or a number from 0 to ${options.length - 1}, ` +
          `current value is ${JSON.stringify(answer)}`,
      );
    }
    const scored = [...options.keys()].filter((i) => options[i].trim() !== "");
    if (scored.length === 0) throw problems.error("all options are blank");
    const unanswerable = !scored.includes(right)
      ? `the right option, ${right}, is blank`
      : scored.length < 2
      ? `only option ${right} has a text`
      : undefined;
    const blank = options.length - scored.length;
    if (blank > 0 && unanswerable === undefined) {
      problems.odd(`${blank} of ${options.length} options are blank and cannot be chosen`);
    }
    return {
      prompt: text,
      example: continued(text, options[right]).join(""),
      options,
      answer: right,
      alsoCorrect: (alsoCorrect?.(item) ?? []).filter((i) => scored.includes(i)),
      pairs: pairs?.(item),
      scored,
      unanswerable,
    };
  };
}

/** The pairs to score for an item: its options after the prompt, then its options after the unconditional context. */
function pairsOf(
  { context, prefix, options, pairs, scored }: PromptedCase<ChoiceCase>,
  { unconditionalContext }: ScoringRule,
): Pair[] {
  const conditional = scored.map((i): Pair =>
    pairs ? [prefix + pairs[i][0], pairs[i][1]] : continued(context, options[i])
  );
  return unconditionalContext === undefined
    ? conditional
    : [...conditional, ...scored.map((i) => continued(unconditionalContext, options[i]))];
}

function outcomeOf(
  item: PromptedCase<ChoiceCase>,
  likelihoods: readonly Likelihood[],
  rule: ScoringRule,
): ChoiceOutcome {
  const { context, shots, dropped, answer, alsoCorrect, scored, unanswerable } = item;
  const count = scored.length;
  const options = item.options.map((text, i): OptionScore => {
    const at = scored.indexOf(i);
    if (at < 0) return { text, logProb: -Infinity, tokens: 0, score: -Infinity, blank: true };
    const { logProb, tokens } = likelihoods[at];
    return { text, logProb, tokens, score: rule.score(text, likelihoods[at], likelihoods[count + at]) };
  });
  const candidates = scored.filter((i) => !alsoCorrect.includes(i));
  const choice = candidates.reduce(
    (best, i) => options[i].score > options[best].score ? i : best,
    candidates[0] ?? scored[0],
  );
  const cut = Math.max(...likelihoods.slice(0, count).map((likelihood) => likelihood.truncatedTokens ?? 0));
  const more = {
    ...alsoCorrect.length ? { alsoCorrect: [...alsoCorrect] } : {},
    ...unanswerable === undefined ? {} : { unusable: unanswerable },
  };
  return { kind: "choice", prompt: context, shots, dropped, cut, options, choice, answer, ...more };
}

/** A note on the number of items whose best score is shared; the first such option counts as chosen. */
function tieNote(outcomes: readonly ChoiceOutcome[]): string[] {
  const tied = outcomes.filter(({ options, choice, alsoCorrect = [] }) =>
    options.some(({ score, blank }, i) =>
      i !== choice && !blank && !alsoCorrect.includes(i) && score === options[choice].score
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
  return [`always answering "${text}" would score ${percent(largest / outcomes.length)}`];
}

/**
 * Multiple choice by likelihood [paper 3]: each option is scored after the prompt, and the largest score is the
 * choice. The paper divides the log-likelihood by the characters of the option; for OpenBookQA and BoolQ it
 * subtracts the log-likelihood of the option after "Answer:" alone.
 *
 * @module
 */
import { type Case, type Convert, type Ready, readyCases } from "../tasks/few_shot.ts";
import type { ChoiceDefinition } from "../tasks/definition.ts";
import { fitsContext } from "../tasks/fit_context.ts";
import { likelihoods } from "./likelihoods.ts";
import { meanOf, type Measure, shareOf, sum, withGroups } from "../tasks/metric.ts";
import type { ChoiceOutcome } from "../tasks/outcome.ts";
import { continued, promptOf, promptText } from "../tasks/prompt.ts";
import { type Rule, ruleOf } from "./normalisation.ts";
import type { Likelihood, Pair } from "../models/eval_model.ts";
import type { Task } from "../tasks/task.ts";

interface ChoiceCase extends Case {
  options: readonly string[];
  answer: number;
  /** Options that are right too and are not to be chosen. */
  alsoCorrect: readonly number[];
  /** What is scored for each option, where that is not the option after the prompt. */
  pairs?: readonly Pair[];
}

/** A multiple-choice task. */
export function choiceTask<Item>(definition: ChoiceDefinition<Item>): Task {
  const { name, items, prompt, published, metric = "accuracy", shots = 0 } = definition;
  const rule = ruleOf(definition);
  const convert = converter(definition);
  return {
    name,
    kind: "choice",
    prompt: promptText(prompt),
    header: definition.header === undefined ? undefined : promptText(definition.header),
    rule: rule.words,
    shots,
    published,
    reads: typeof items === "function",
    async run(model, source, run) {
      const fits = ({ options, pairs }: ChoiceCase, context: string) =>
        pairs !== undefined || options.every((option) => fitsContext(model, context, option));
      const cases = await readyCases(definition, source, run, convert, fits);
      const asked = cases.map((item) => pairsOf(item, rule));
      const { scored, notes } = await likelihoods(model, asked.flat(), run);
      const rest = scored.values();
      const outcomes = cases.map((item, i) => outcomeOf(item, [...rest.take(asked[i].length)], rule));
      const graded = cases.map(({ groups }, i) => ({ groups, outcome: outcomes[i] }));
      return {
        measures: [...withGroups(metric, graded, accuracy), ...massOf(definition, outcomes)],
        items: outcomes,
        notes: [...ties(outcomes), ...majority(outcomes), ...notes],
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

/** The share of probability that all right options have together, where items have several. */
function massOf<Item>(
  { alsoCorrect: also, massMetric: mass }: ChoiceDefinition<Item>,
  outcomes: readonly ChoiceOutcome[],
): Measure[] {
  if (also === undefined) return [];
  const shares = outcomes.map(({ options, answer, alsoCorrect = [] }) => {
    const best = Math.max(...options.map(({ logProb }) => logProb));
    const weights = options.map(({ logProb }) => Math.exp(logProb - best));
    return sum([answer, ...alsoCorrect].map((i) => weights[i])) / sum(weights);
  });
  return [meanOf(mass ?? "mass of right options", shares, "share")];
}

function converter<Item>(definition: ChoiceDefinition<Item>): Convert<Item, ChoiceCase> {
  const { prompt, options, answer, pairs, alsoCorrect: also } = definition;
  return (item, wrong) => {
    const own = options(item);
    const given = answer(item);
    const text = promptOf(prompt, item, wrong);
    if (!Array.isArray(own) || own.length < 2) throw wrong("there must be at least two options");
    const blank = own.findIndex((option) => typeof option !== "string" || option.trim() === "");
    if (blank >= 0) throw wrong(`option ${blank} must be a text that is not blank`);
    const right = typeof given === "string" ? own.indexOf(given) : given;
    if (!Number.isInteger(right) || right < 0 || right >= own.length) {
      throw wrong(
        `the answer must be one of the options or a number from 0 to ${own.length - 1}, ` +
          `current value is ${JSON.stringify(given)}`,
      );
    }
    const example = continued(text, own[right]).join("");
    return {
      prompt: text,
      example,
      options: own,
      answer: right,
      alsoCorrect: also?.(item) ?? [],
      pairs: pairs?.(item),
    };
  };
}

/** What is scored for an item: its options after the context, then those after the other context of the rule. */
function pairsOf(
  { context, before, options, pairs }: Ready<ChoiceCase>,
  { unconditionalContext: alone }: Rule,
): Pair[] {
  const after = pairs?.map(([prompt, ending]): Pair => [before + prompt, ending]) ??
    options.map((option) => continued(context, option));
  return alone === undefined ? after : [...after, ...options.map((option) => continued(alone, option))];
}

function outcomeOf(item: Ready<ChoiceCase>, scored: readonly Likelihood[], rule: Rule): ChoiceOutcome {
  const { context, shots, dropped, answer, alsoCorrect: also } = item;
  const count = item.options.length;
  const options = item.options.map((text, i) => {
    const { logProb, tokens } = scored[i];
    return { text, logProb, tokens, score: rule.score(text, scored[i], scored[count + i]) };
  });
  const candidates = [...options.keys()].filter((i) => !also.includes(i));
  const choice = candidates.reduce((best, i) => options[i].score > options[best].score ? i : best);
  const cut = Math.max(...scored.slice(0, count).map((likelihood) => likelihood.truncatedTokens ?? 0));
  const more = also.length ? { alsoCorrect: [...also] } : {};
  return { kind: "choice", prompt: context, shots, dropped, cut, options, choice, answer, ...more };
}

/** How often the best score was shared: then the first option counts as chosen. */
function ties(outcomes: readonly ChoiceOutcome[]): string[] {
  const tied = outcomes.filter(({ options, choice, alsoCorrect = [] }) =>
    options.some(({ score }, i) =>
      i !== choice && !alsoCorrect.includes(i) && score === options[choice].score
    )
  );
  return tied.length ? [`${tied.length} ties, which go to the first option`] : [];
}

/** Where all items have the same options: what the most frequent answer alone would get. */
function majority(outcomes: readonly ChoiceOutcome[]): string[] {
  const texts = ({ options }: ChoiceOutcome) => JSON.stringify(options.map(({ text }) => text));
  if (outcomes.length < 2 || outcomes.some((outcome) => texts(outcome) !== texts(outcomes[0]))) return [];
  const counts = outcomes[0].options.map((_, i) => outcomes.filter(({ answer }) => answer === i).length);
  const most = Math.max(...counts);
  const text = outcomes[0].options[counts.indexOf(most)].text;
  return [`always "${text}" would get ${(100 * most / outcomes.length).toFixed(1)} %`];
}

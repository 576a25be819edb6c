/**
 * Multiple choice by likelihood [paper 3]: each option is scored after the prompt, and the largest score is the
 * choice. The paper divides the log-likelihood by the characters of the option; for OpenBookQA and BoolQ it
 * subtracts the log-likelihood of the option after "Answer:" alone.
 *
 * @module
 */
import { type Case, type Convert, type Ready, readyCases } from "./cases.ts";
import { fitsContext } from "./fit.ts";
import { continued, likelihoods } from "./likelihoods.ts";
import { shareOf, sum } from "./measure.ts";
import type { ChoiceOutcome } from "./outcome.ts";
import { promptOf, promptText } from "./prompt.ts";
import type { Likelihood, Pair } from "./scorable.ts";
import type { ChoiceDefinition, Normalisation, Task } from "./task.ts";

interface Rule {
  words: string;
  /** A context that each option is scored after as well. */
  alone?: string;
  score(option: string, likelihood: Likelihood, alone?: Likelihood): number;
}

/** The ways to compare options. Characters are code points: an emoji counts once. */
const rules: Record<Normalisation, Rule> = {
  characters: {
    words: "log-likelihood / characters",
    score: (option, { logProb }) => logProb / [...option].length,
  },
  ratio: {
    words: 'log-likelihood - log-likelihood after "Answer:"',
    alone: "Answer:",
    score: (_, { logProb }, alone) => logProb - alone!.logProb,
  },
  sum: { words: "log-likelihood", score: (_, { logProb }) => logProb },
};

interface ChoiceCase extends Case {
  options: readonly string[];
  answer: number;
}

/** A multiple-choice task. */
export function choiceTask<Item>(definition: ChoiceDefinition<Item>): Task {
  const { name, items, prompt, published } = definition;
  const rule = rules[definition.normalisation ?? "characters"];
  const convert = converter(definition);
  return {
    name,
    kind: "choice",
    prompt: promptText(prompt),
    rule: rule.words,
    published,
    reads: typeof items === "function",
    async run(model, source, run) {
      const fits = ({ options }: ChoiceCase, context: string) =>
        options.every((option) => fitsContext(model, context, option));
      const cases = await readyCases(items, source, run, convert, fits);
      const asked = cases.map((item) => pairsOf(item, rule));
      const scored = (await likelihoods(model, asked.flat(), run)).values();
      const outcomes = cases.map((item, i) => outcomeOf(item, [...scored.take(asked[i].length)], rule));
      const right = outcomes.map(({ choice, answer }) => choice === answer);
      const chance = sum(cases.map(({ options }) => 1 / options.length)) / cases.length;
      return { measures: [shareOf("accuracy", right, chance)], items: outcomes };
    },
  };
}

function converter<Item>({ prompt, options, answer }: ChoiceDefinition<Item>): Convert<Item, ChoiceCase> {
  return (item, wrong) => {
    const own = options(item), given = answer(item), text = promptOf(prompt, item, wrong);
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
    return { prompt: text, example: continued(text, own[right]).join(""), options: own, answer: right };
  };
}

/** What is scored for an item: its options after the context, then those after the other context of the rule. */
function pairsOf({ context, options }: Ready<ChoiceCase>, { alone }: Rule): Pair[] {
  const after = options.map((option) => continued(context, option));
  return alone === undefined ? after : [...after, ...options.map((option) => continued(alone, option))];
}

function outcomeOf(item: Ready<ChoiceCase>, scored: readonly Likelihood[], rule: Rule): ChoiceOutcome {
  const { context, shots, dropped, answer } = item, count = item.options.length;
  const options = item.options.map((text, i) => {
    const { logProb, tokens } = scored[i];
    return { text, logProb, tokens, score: rule.score(text, scored[i], scored[count + i]) };
  });
  const choice = options.reduce((best, { score }, i) => score > options[best].score ? i : best, 0);
  const cut = Math.max(...scored.slice(0, count).map((likelihood) => likelihood.cut ?? 0));
  return { kind: "choice", prompt: context, shots, dropped, cut, options, choice, answer };
}

/**
 * One item of a result as a picture: the prompt, the options or the generated text, and the right answer.
 *
 * @module
 */
import { barChart, join, keyValues, number, percent, type Picture, plural } from "../../display/mod.ts";
import { sum } from "../tasks/metric.ts";
import type { ChoiceOutcome, GenerateOutcome, ItemOutcome, PerplexityOutcome } from "../tasks/outcome.ts";
import { protocolLine, type TaskResult } from "../tasks/task_result.ts";
import { ReportView } from "./view.ts";

/** Returns a view of item `i` of a result. */
export function explainItem(result: TaskResult, i: number): ReportView<ItemOutcome> {
  const outcome = result.items[i];
  const title = `${result.task}, item ${i}, on ${result.model}`;
  return new ReportView(pictureOf(outcome, title, promptFacts(outcome, result)), outcome);
}

type Fact = [name: string, value: string];

/** Facts that every kind of item shows. */
function promptFacts({ prompt, shots, dropped, cut, unusable }: ItemOutcome, result: TaskResult): Fact[] {
  return [
    ["protocol", protocolLine(result)],
    ["prompt", prompt === "" ? "none" : prompt],
    ...shots.length ? [["examples", `items ${shots.join(", ")}`] as Fact] : [],
    ...dropped ? [["dropped", `${plural(dropped, "example")} that did not fit`] as Fact] : [],
    ...unusable === undefined ? [] : [["unusable", `${unusable}: it counts as wrong`] as Fact],
    ...cut ? [["cut", `${plural(cut, "token")} on the left of the prompt`] as Fact] : [],
  ];
}

function pictureOf(outcome: ItemOutcome, title: string, facts: Fact[]): Picture {
  switch (outcome.kind) {
    case "choice":
      return choicePicture(outcome, title, facts);
    case "generate":
      return keyValues(title, [...facts, ...generateFacts(outcome)]);
    case "perplexity":
      return keyValues(title, [...facts, ...perplexityFacts(outcome)]);
  }
}

/** Draws the options as bars: their shares when scores are taken as log-probabilities, with the right options marked. */
function choicePicture(outcome: ChoiceOutcome, title: string, facts: Fact[]): Picture {
  const { options, choice, answer, alsoCorrect = [] } = outcome;
  const isRight = (i: number) => i === answer || alsoCorrect.includes(i);
  const verdict = choice === answer && outcome.unusable === undefined ? "✓ right" : "✗ wrong";
  const best = options[choice].score;
  const weights = options.map(({ score }) => Math.exp(score - best));
  const total = sum(weights);
  const bars = options.map(({ text, score, logProb, blank }, i) => ({
    label: `${i} ${text}`,
    value: weights[i] / total,
    note: [
      ...isRight(i) ? ["right answer"] : [],
      ...i === choice ? ["chosen"] : [],
      blank ? "blank, not scored" : `score ${number(score)}, log-likelihood ${number(logProb)}`,
    ].join(", "),
    highlight: isRight(i),
  }));
  return join(
    keyValues(title, [
      ...facts,
      ...options.map(({ text }, i): Fact => [`option ${i}`, text]),
      ["choice", `${choice}, ${verdict}`],
      ["answer", [answer, ...alsoCorrect].join(", ")],
    ]),
    barChart({ title: "Share of each option, by its score; ✓ is the right answer", bars, format: percent }),
  );
}

function generateFacts({ text, answers, value, values, final, samples }: GenerateOutcome): Fact[] {
  const valueText = (value?: number) => value === undefined ? "missing" : number(value);
  return [
    ...samples?.map(({ text, answer, value }, i): Fact => {
      const found = answer === undefined ? "" : ` -> ${answer}`;
      const worth = value === undefined ? "" : ` = ${value}`;
      return [`sample ${i}`, `${text}${found}${worth}`];
    }) ?? [["generated", text === "" ? "nothing" : text]],
    ...final === undefined ? [] : [["final answer", final ?? "none"] as Fact],
    ...answers.length ? [["answers", answers.join("\n")] as Fact] : [],
    ...values
      ? Object.entries(values).map(([name, v]): Fact => [name, valueText(v)])
      : [["value", valueText(value)] as Fact],
  ];
}

function perplexityFacts({ text, logProb, tokens }: PerplexityOutcome): Fact[] {
  return [
    ["text", text],
    ["log-likelihood", `${number(logProb)} nats over ${plural(tokens, "token")}`],
    ["perplexity", number(Math.exp(-logProb / tokens))],
  ];
}

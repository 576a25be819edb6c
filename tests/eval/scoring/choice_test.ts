import assert from "node:assert/strict";
import { DataError, NumericsError } from "../../../src/base/errors.ts";
import {
  type ChoiceOutcome,
  defineTask,
  type EvalModel,
  Evaluator,
  type Normalisation,
  type OddRowEffect,
} from "../../../src/eval/mod.ts";
import { goldenJson } from "../../support/golden.ts";
import { scorer } from "../fakes.ts";

interface Question {
  q: string;
  options: string[];
  answer: number | string;
}

function quiz(items: readonly Question[], normalisation?: Normalisation): ReturnType<typeof defineTask> {
  return defineTask<Question>({
    name: "quiz",
    kind: "choice",
    items,
    prompt: "{q}",
    options: (item) => item.options,
    answer: (item) => item.answer,
    normalisation,
  });
}

async function outcomes(model: EvalModel, task: ReturnType<typeof defineTask>): Promise<ChoiceOutcome[]> {
  return (await new Evaluator(model).add(task).run()).results[0].items as ChoiceOutcome[];
}

const chosen = (items: ChoiceOutcome[]) => items.map(({ choice }) => choice);
const scores = (items: ChoiceOutcome[]) => items.map(({ options }) => options.map(({ score }) => score));

Deno.test("three normalisations equal the values computed by hand", async () => {
  const items = [{ q: "Q", options: ["ab", "abcde", "🦙🦙🦙é"], answer: 0 }];
  const model = scorer((prompt, option) => {
    const unconditional = prompt === "Answer:";
    return {
      " ab": unconditional ? -4 : -3,
      " abcde": unconditional ? -7.5 : -5,
      " 🦙🦙🦙é": unconditional ? -8 : -6,
    }[option]!;
  });
  const per = async (normalisation: Normalisation) => await outcomes(model, quiz(items, normalisation));
  assert.deepEqual(scores(await per("characters")), [[-1.5, -1, -1.5]]); // a llama is one code point, two UTF-16 units
  assert.deepEqual(chosen(await per("characters")), [1]);
  assert.deepEqual(scores(await per("ratio")), [[1, 2.5, 2]]);
  assert.deepEqual(chosen(await per("ratio")), [1]);
  assert.deepEqual(scores(await per("sum")), [[-3, -5, -6]]);
  assert.deepEqual(chosen(await per("sum")), [0]);
  assert.deepEqual(await outcomes(model, quiz(items)), await per("characters"));
});

Deno.test("normalisations choose the options of the golden numbers", async () => {
  interface Golden {
    choices: { char_length: number }[];
    expected: {
      scores: Record<"sum" | "per_char" | "minus_unconditional", number[]>;
      best: Record<"sum" | "per_char" | "minus_unconditional", number>;
    };
  }
  const { cases } = goldenJson<{ multiple_choice: { cases: Golden[] } }>("eval/lm_eval.json").multiple_choice;
  assert.ok(cases.length > 3);
  const letters = "abcdefghij";
  const items = cases.map(({ choices }, i) => ({
    q: `case ${i}`,
    options: choices.map(({ char_length }, c) => letters[c].repeat(char_length)),
    answer: 0,
  }));
  for (
    const [rule, key] of [["sum", "sum"], ["characters", "per_char"], [
      "ratio",
      "minus_unconditional",
    ]] as const
  ) {
    for (const [i, { expected }] of cases.entries()) {
      const model = scorer((prompt, option) => {
        const c = letters.indexOf(option[1]);
        const sum = expected.scores.sum[c];
        return prompt === "Answer:" ? sum - expected.scores.minus_unconditional[c] : sum;
      });
      const [outcome] = await outcomes(model, quiz([items[i]], rule));
      assert.equal(outcome.choice, expected.best[key], `case ${i}, ${rule}`);
      outcome.options.forEach(({ score }, c) => {
        assert.ok(Math.abs(score - expected.scores[key][c]) < 1e-9, `case ${i}, ${rule}, option ${c}`);
      });
    }
  }
});

Deno.test("a model that finds all tokens equally likely shows what each rule prefers", async () => {
  const tokens = (text: string) => text.trim().split(" ").length;
  const flat = scorer((_, option) => -tokens(option) * Math.log(32000), tokens);
  const items = [
    { q: "A", options: ["to be", "be", "incomprehensibly long"], answer: 0 },
    { q: "B", options: ["one two", "onetwo"], answer: 0 },
  ];
  assert.deepEqual(chosen(await outcomes(flat, quiz(items, "characters"))), [2, 1]); // fewest tokens per character
  const ratio = await outcomes(flat, quiz(items, "ratio"));
  assert.deepEqual(chosen(ratio), [0, 0]);
  assert.deepEqual(scores(ratio), [[0, 0, 0], [0, 0]]); // a tie goes to the first option
});

Deno.test("the order of options changes neither their scores nor the choice", async () => {
  const value = (option: string) => -[...option].reduce((a, c) => (a * 31 + c.codePointAt(0)!) % 97, 7);
  const model = scorer((_, option) => value(option));
  const options = ["red", "dark green", "blue", "re"];
  const orders = [options, options.toReversed(), ["blue", "re", "dark green", "red"]];
  const found = await outcomes(
    model,
    quiz(orders.map((options, i) => ({ q: `${i}`, options, answer: "blue" }))),
  );
  const byText = found.map(({ options }) =>
    Object.fromEntries(options.map(({ text, score }) => [text, score]))
  );
  assert.deepEqual(byText[1], byText[0]);
  assert.deepEqual(byText[2], byText[0]);
  assert.equal(new Set(found.map(({ options, choice }) => options[choice].text)).size, 1);
  assert.deepEqual(found.map(({ answer }) => answer), [2, 1, 0]);
});

Deno.test("each distinct text is scored once, long ones first, at most 128 at a time", async () => {
  const model = scorer((prompt, option) => -prompt.length - option.length);
  const items = Array.from({ length: 101 }, (_, i) => (
    { q: String.fromCharCode(0x4e00 + i % 67) + "x".repeat(i % 67), options: ["yes", "no"], answer: i % 2 }
  ));
  const report = await new Evaluator(model).add(quiz(items, "ratio")).run();
  const asked = model.batches.flat();
  assert.equal(asked.length, 67 * 2 + 2);
  assert.equal(new Set(asked.map(String)).size, asked.length);
  assert.deepEqual(model.batches.map((batch) => batch.length), [128, 8]);
  const lengths = asked.map(([prompt, option]) => prompt.length + option.length);
  assert.deepEqual(lengths, lengths.toSorted((a, b) => b - a));
  assert.equal(report.results[0].items.length, 101);
  assert.deepEqual((report.results[0].items[100] as ChoiceOutcome).prompt, items[100].q);
});

Deno.test("a space separates prompt and option, but not after an empty prompt", async () => {
  const model = scorer((_, option) => -option.length);
  await outcomes(model, quiz([{ q: "", options: ["a", "b\nc"], answer: 0 }]));
  assert.deepEqual(model.batches[0].map(([, option]) => option).sort(), ["a", "b\nc"]);
});

Deno.test("accuracy has its standard error and the chance level", async () => {
  const model = scorer((_, option) => option === " a" ? -1 : -2);
  const items = Array.from({ length: 10 }, (_, i) => (
    { q: `${i}`, options: i < 4 ? ["a", "b"] : ["a", "b", "c", "d"], answer: i < 7 ? "a" : "b" }
  ));
  const [{ measures }] = (await new Evaluator(model).add(quiz(items)).run()).results;
  assert.equal(measures.length, 1);
  const { value, error, n, chance } = measures[0];
  assert.equal(value, 0.7);
  assert.equal(n, 10);
  assert.ok(Math.abs(error! - Math.sqrt(0.7 * 0.3 / 10)) < 1e-15);
  assert.ok(Math.abs(chance! - (4 / 2 + 6 / 4) / 10) < 1e-15);
});

Deno.test("an item that cannot be asked, or that no answer gets right, is named and does not end the run", async () => {
  const fine = { q: "Q", options: ["a", "b"], answer: 0 };
  const wrong: [Partial<Question>, OddRowEffect, RegExp][] = [
    [{ options: [] }, "left out", /"quiz", item 1: there must be at least two options/],
    [{ options: ["a", " "] }, "wrong", /item 1: only option 0 has a text/],
    [{ options: [" ", "b"] }, "wrong", /item 1: the right option, 0, is blank/],
    [{ options: [" ", ""] }, "left out", /item 1: all options are blank/],
    [{ options: ["a", "", "b"] }, "asked", /item 1: 1 of 3 options are blank and cannot be chosen/],
    [
      { answer: 2 },
      "left out",
      /item 1: the answer must be one of the options or a number from 0 to 1, current value is 2/,
    ],
    [{ answer: -1 }, "left out", /current value is -1/],
    [{ answer: 0.5 }, "left out", /current value is 0.5/],
    [{ answer: "c" }, "left out", /current value is "c"/],
    [{ q: undefined }, "left out", /item 1: the prompt needs the field q/],
  ];
  for (const [change, effect, says] of wrong) {
    const bad = { ...fine, q: "B", ...change };
    const model = scorer((_, option) => option === " a" ? -1 : -2);
    const report = await new Evaluator(model).add(quiz([fine, bad, { ...fine, q: "R" }])).run();
    const [{ measures: [{ value, n }], items, protocol }] = report.results;
    const rejects = report.rejects("quiz").facts;
    assert.deepEqual(rejects.map((row) => row.effect), [effect]);
    assert.match(rejects[0].problem, says);
    assert.equal(n, effect === "left out" ? 2 : 3);
    assert.equal(value, effect === "wrong" ? 2 / 3 : 1);
    assert.equal(protocol.unusable, effect === "asked" ? 0 : 1);
    assert.equal(items.filter(({ unusable }) => unusable).length, effect === "wrong" ? 1 : 0);
    if (effect === "wrong") {
      assert.match(report.explain("quiz", 1).toString(), /unusable +.*blank|only option 0/);
    }
    if (effect !== "asked") await assert.rejects(outcomes(model, quiz([bad])), DataError);
  }
});

Deno.test("a log-probability that is not a number is an error, minus infinity is not", async () => {
  const items = [{ q: "Q", options: ["a", "b"], answer: 1 }];
  await assert.rejects(
    outcomes(scorer((_, option) => option === " b" ? NaN : -1), quiz(items)),
    (error: unknown) => error instanceof NumericsError && /"quiz": "fake" gave/.test(error.message),
  );
  const short: EvalModel = { name: "short", scoreBatch: () => Promise.resolve([]) };
  await assert.rejects(outcomes(short, quiz(items)), NumericsError);
  assert.deepEqual(chosen(await outcomes(scorer((_, o) => o === " a" ? -Infinity : -9), quiz(items))), [1]);
});

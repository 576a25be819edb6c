import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import {
  defineTask,
  type EvalModel,
  Evaluator,
  exactMatch,
  type GenerateOutcome,
} from "../../../src/eval/mod.ts";
import { cutAt, normalisers } from "../../../src/eval/scoring/exact_match.ts";
import { wilsonInterval } from "../../../src/eval/tasks/metric.ts";
import { goldenJson } from "../../support/golden.ts";
import { characters, scorer, writer } from "../fakes.ts";

Deno.test("exact match follows the golden cases", () => {
  interface Case {
    prediction: string;
    golds: string[];
    expected: { squad_normalized: string; squad_em: boolean };
  }
  const { cases } = goldenJson<{ exact_match: { cases: Case[] } }>("eval/metrics.json").exact_match;
  assert.ok(cases.length > 10);
  for (const { prediction, golds, expected } of cases) {
    assert.equal(normalisers.words(prediction), expected.squad_normalized, prediction);
    assert.equal(exactMatch(prediction, golds), expected.squad_em, prediction);
  }
  assert.equal(exactMatch("The end", ["end"], "trim"), false);
  assert.equal(exactMatch(" end\n", ["end"], "trim"), true);
});

Deno.test("a generation is cut as in the golden cases", () => {
  const { cases } = goldenJson<{ generation_cut: { cases: { generation: string; expected: string }[] } }>(
    "eval/metrics.json",
  ).generation_cut;
  assert.ok(cases.length > 3);
  for (const { generation, expected } of cases) assert.equal(cutAt(generation, ["\n", ".", ","]), expected);
});

const capitals = [
  { land: "Peru", capital: ["Lima"] },
  { land: "Chile", capital: ["Santiago", "Santiago de Chile"] },
  { land: "Bolivia", capital: ["Sucre"] },
];

Deno.test("a text that matches any answer is right", async () => {
  const texts: Record<string, string> = {
    Peru: " the LIMA!\nQ:",
    Chile: "Santiago de Chile",
    Bolivia: "La Paz",
  };
  const model = writer((prompt) => texts[/of (\w+) is$/.exec(String(prompt))![1]]);
  const task = defineTask({
    name: "capitals",
    kind: "generate",
    items: capitals,
    prompt: ({ land }) => `The capital of ${land} is`,
    answer: ({ capital }) => capital,
    normalisation: "words",
  });
  const report = await new Evaluator(model).add(task).run();
  const [{ items, measures, protocol }] = report.results;
  const got = (items as GenerateOutcome[]).map(({ text, value }) => [text, value]);
  assert.deepEqual(got, [["the LIMA!", 1], ["Santiago de Chile", 1], ["La Paz", 0]]);
  assert.deepEqual(model.prompts, capitals.map(({ land }) => `The capital of ${land} is`));
  const error = Math.sqrt(2 / 3 * (1 / 3) / 3);
  assert.deepEqual(measures, [{
    metric: "exact match",
    value: 2 / 3,
    error,
    interval: wilsonInterval(2 / 3, 3),
    n: 3,
    unit: "share",
    chance: undefined,
  }]);
  assert.deepEqual(protocol.decoding, { temperature: 0, maxTokens: 64, stop: ["\n"] });
  assert.match(protocol.prompt!, /The capital of \$\{land\} is/);
});

Deno.test("a task's own metric is averaged, and decoding options reach the model", async () => {
  const seen: unknown[] = [];
  const model: EvalModel = {
    name: "m",
    generate(_, { signal: _signal, ...decoding } = { temperature: 1, maxTokens: 1, stop: [] }) {
      seen.push(decoding);
      return { text: () => Promise.resolve("12; 13") };
    },
  };
  const distance = (text: string, [answer]: readonly string[], item: { n: number }) =>
    Math.abs(Number(text) - Number(answer)) / item.n;
  const task = defineTask({
    name: "sums",
    kind: "generate",
    items: [{ n: 1 }, { n: 2 }, { n: 5 }],
    prompt: "{n} + 10 =",
    answer: ({ n }) => String(n + 10),
    metric: distance,
    stop: [";"],
    maxTokens: 5,
  });
  const [{ measures: [{ metric, value, error, unit }] }] =
    (await new Evaluator(model).add(task).run()).results;
  assert.deepEqual(seen[2], { temperature: 0, maxTokens: 5, stop: [";"] });
  const mean = (1 + 0 + 3 / 5) / 3;
  const squares = (1 - mean) ** 2 + mean ** 2 + (0.6 - mean) ** 2;
  assert.equal(metric, "distance");
  assert.equal(unit, "");
  assert.ok(Math.abs(value - mean) < 1e-15);
  assert.ok(Math.abs(error! - Math.sqrt(squares / 2 / 3)) < 1e-15);
});

Deno.test("a prompt too long for the context is cut on the left, BOS stays, and the cut is counted", async () => {
  const items = [{ q: "0123456789abcdef" }, { q: "0123" }];
  const task = defineTask({
    name: "long",
    kind: "generate",
    items,
    prompt: "{q}",
    answer: () => "x",
    maxTokens: 6,
  });
  const model = { ...writer(() => "x"), ...characters(16) };
  const report = await new Evaluator(model).add(task).run();
  const tail = [...items[0].q.slice(-9)].map((c) => c.codePointAt(0)!);
  assert.deepEqual(model.prompts, [Uint32Array.from([1, ...tail]), "0123"]); // 10 + 6 = 16
  assert.deepEqual(report.results[0].items.map(({ cut }) => cut), [7, 0]);
  assert.equal(report.results[0].protocol.truncated, 1);
  assert.match(report.table().toString(), /long on writer: 1 prompts were cut on the left/);
});

Deno.test("an item without an answer after normalisation counts as wrong; a task of such items alone is refused", async () => {
  const task = (answer: string | string[], normalisation?: "words" | "trim") =>
    defineTask({
      name: "t",
      kind: "generate",
      items: [{ answer }],
      prompt: "Q",
      normalisation,
      answer: (item) => item.answer,
    });
  const value = async (...args: Parameters<typeof task>) =>
    (await new Evaluator(writer(() => "A")).add(task(...args)).run()).value("t");
  for (const answer of ["the", "The The", "", [], ["?!", "an"]]) {
    await assert.rejects(value(answer, "words"), DataError);
  }
  const both = defineTask({
    name: "both",
    kind: "generate",
    items: [{ q: "x", a: ["The!"] }, { q: "y", a: ["?", "fine"] }, { q: "z", a: ["fine"] }],
    prompt: "{q}",
    normalisation: "words",
    answer: ({ a }) => a,
  });
  const report = await new Evaluator(writer((prompt) => prompt === "x" ? "the" : "Fine!")).add(both, {
    shots: 1,
  }).run();
  const [{ measures: [{ value: share, n }], items, protocol }] = report.results;
  assert.deepEqual(
    [share, n, protocol.unusable],
    [2 / 3, 3, 1],
    "an empty text does not match an empty answer",
  );
  assert.deepEqual((items as GenerateOutcome[]).map(({ answers }) => answers), [["The!"], ["fine"], [
    "fine",
  ]]);
  assert.deepEqual(
    items.map(({ shots }) => shots.includes(0)),
    [false, false, false],
    "no example of others",
  );
  assert.match(
    report.explain("both", 0).toString(),
    /unusable +no answer is left: normalisation "words" makes "The!" empty/,
  );
  for (const answer of [" ", []]) await assert.rejects(value(answer), DataError);
  assert.deepEqual([await value("A"), await value("a"), await value(["b", " A "])], [1, 0, 1]);
  await assert.rejects(
    new Evaluator(scorer(() => -1)).add(task("x")).run(),
    (error: unknown) =>
      error instanceof ConfigError && /the model has no method generate/.test(error.message),
  );
});

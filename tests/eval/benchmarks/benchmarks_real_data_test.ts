// PIQA, GSM8k and WinoGender on their whole published files, from the folder LLAMERO_TEST_DATA.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { Dataset } from "../../../src/data/mod.ts";
import { type ChoiceOutcome, Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";
import { testData } from "../../support/test_data.ts";
import { scorer, writer } from "../fakes.ts";

const { folder, present } = await testData("gsm8k_test.jsonl", "winogender.tsv", "piqa_valid.jsonl");
const onRealData = (name: string, fn: () => Promise<void>) =>
  Deno.test(`${name}${present.reason}`, present, fn);
const read = (name: string) => Deno.readTextFile(new URL(name, folder));

onRealData(
  "GSM8k, 1,319 problems: an oracle gets all right, a blind writer none, shuffled answers give chance",
  async () => {
    const rows = (await read("gsm8k_test.jsonl")).trim().split("\n").map((line) => JSON.parse(line));
    const answers = new Map(rows.map(({ question, answer }) => [question.trim(), answer.split("####")[1]]));
    const data = new URL("gsm8k_test.jsonl", folder);
    const oracle = writer((prompt) => {
      const question = /^Q: ([^]*)\nA:$/.exec(String(prompt).split("\n\n").slice(8).join("\n\n"))![1];
      return ` Think. The answer is ${answers.get(question)!.trim()}.\n\nQ: More?`;
    });
    const report = await new Evaluator({ oracle, blind: writer(() => " I do not know.") }).add("gsm8k", {
      data,
    }).run();
    assert.deepEqual(report.results.map(({ measures: [{ value, n }] }) => [value, n]), [[1, 1319], [
      0,
      1319,
    ]]);

    const shuffled = new Random(5).shuffle(rows.map(({ answer }) => answer as string));
    const counts = new Map<string, number>();
    for (const answer of answers.values()) counts.set(answer.trim(), (counts.get(answer.trim()) ?? 0) + 1);
    const chance = [...counts.values()].reduce((sum, n) => sum + (n / 1319) ** 2, 0);
    const other = Dataset.from(
      rows.map(({ question }, i) => ({ question: question as string, answer: shuffled[i] })),
    );
    const value = (await new Evaluator(oracle).add("gsm8k", { data: other }).run()).value("gsm8k");
    console.log(`shuffled answers: ${(100 * value).toFixed(2)} %, chance ${(100 * chance).toFixed(2)} %`);
    assert.ok(Math.abs(value - chance) <= 3 * Math.sqrt(chance * (1 - chance) / 1319), `${value}, ${chance}`);
  },
);

onRealData(
  "WinoGender, 720 sentences: counts by kind, 120 gotcha cases for she and for he, oracle and coin",
  async () => {
    const ids = (await read("winogender.tsv")).trim().split("\n").slice(1).map((line) => line.split("\t"));
    const right = new Map(ids.map(([id, sentence]) => {
      const [occupation, participant, answer] = id.split(".");
      const person = answer === "0"
        ? `the ${occupation}`
        : participant === "someone"
        ? "someone"
        : `the ${participant}`;
      return [sentence.replace("they was", "they were"), person];
    }));
    const knows = (sign: number) =>
      scorer((prompt, option) => {
        const sentence = prompt.slice(0, prompt.lastIndexOf(" '"));
        return (right.get(sentence) === option.trim()) === sign > 0 ? -1 : -9;
      });
    const random = new Random(7);
    const coin = scorer(() => Math.log(1 - random.uniform()));
    const report = await new Evaluator({ oracle: knows(1), wrong: knows(-1), coin }).add("winogender", {
      data: new URL("winogender.tsv", folder),
    }).run();
    const [oracle, wrong, tossed] = report.results.map(({ measures }) => measures);
    assert.deepEqual(oracle.map(({ metric, value, n }) => [metric, value, n]), [
      ["accuracy", 1, 720],
      ["accuracy, his/him/he", 1, 240],
      ["accuracy, her/her/she", 1, 240],
      ["accuracy, their/them/someone", 1, 240],
      ["accuracy, his/him/he (gotcha)", 1, 120],
      ["accuracy, her/her/she (gotcha)", 1, 120],
    ]);
    assert.ok(wrong.every(({ value }) => value === 0));
    for (const { value, chance, n } of tossed) {
      assert.ok(
        Math.abs(value - chance!) <= 3 * Math.sqrt(0.25 / n),
        `${value}`,
      );
    }
  },
);

onRealData("PIQA and WinoGender whole, with a small model", async () => {
  const text = Dataset.from(
    (await read("piqa_valid.jsonl")).trim().split("\n").map((line) => JSON.parse(line)),
    { name: "piqa" },
  )
    .map(({ goal, sol1 }) => ({ text: `${goal} ${sol1}`, source: "piqa", id: goal as string }));
  const tokenizer = await Tokenizer.train(text.take(600), { vocabSize: 1000 });
  const shape = { dim: 32, layers: 1, heads: 2, hidden: 48, context: 128 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const report = await new Evaluator(model, { cache: false }).add("piqa", {
    data: new URL("piqa_valid.jsonl", folder),
  })
    .add("winogender", { data: new URL("winogender.tsv", folder) }).run();
  const [piqa, winogender] = report.results;
  assert.equal(piqa.items.length, 1838);
  assert.equal(winogender.items.length, 720);
  for (const { measures: [{ value, chance, n }] } of report.results) {
    assert.ok(
      Math.abs(value - chance!) <= 4 * Math.sqrt(0.25 / n),
      `an untrained model is near chance: ${value}`,
    );
  }
  const [outcome] = piqa.items.slice(700) as ChoiceOutcome[];
  for (const { text, logProb } of outcome.options) {
    assert.ok(Math.abs(logProb - (await model.score(outcome.prompt, ` ${text}`)).logProb) < 1e-4);
  }
});

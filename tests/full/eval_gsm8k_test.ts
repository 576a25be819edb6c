/**
 * Runs the whole of GSM8k by the paper's protocol on a small model: 1,319 problems after eight worked examples each.
 *
 * The model has learned the form of an answer from made-up sums. Texts end at the stop strings, final numbers are found, no
 * prompt is cut, and texts generated in batches equal those generated one by one. The control grades the same texts by
 * shuffled answers. The test takes minutes; the file comes from the folder LLAMERO_TEST_DATA.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "../../mod.ts";
import { wordProblems } from "../../src/eval/benchmarks/worked_examples.ts";
import type { GenerateOutcome } from "../../src/eval/mod.ts";
import { Random } from "../../src/base/random.ts";
import { testData } from "../support/test_data.ts";

const { path, present } = await testData("gsm8k_test.jsonl");

interface Problem {
  question: string;
  answer: string;
}

/** Makes one-step problems whose answers end as the benchmark's worked examples do. */
function madeUp(count: number): string[] {
  const random = new Random(11);
  const pick = (words: string[]) => words[random.below(words.length)];
  return Array.from({ length: count }, () => {
    const name = pick(["Tom", "Ana", "Lena", "Omar", "Mia", "Ravi"]);
    const what = pick(["apples", "books", "coins", "pens"]);
    const a = 2 + random.below(40);
    const b = 2 + random.below(30);
    const more = random.below(2) === 0;
    const [big, small] = more ? [a, b] : [a + b, b];
    const result = more ? big + small : big - small;
    return `Q: ${name} has ${big} ${what} and ${
      more ? "buys" : "gives away"
    } ${small}. How many ${what} does ${name} have now?\n` +
      `A: ${name} has ${big} ${more ? "+" : "-"} ${small} = ${result} ${what}. The answer is ${result}.\n\n`;
  });
}

/** Trains a model on texts of the form `Q: ... A: ... The answer is N.`, up to the end of a long context. */
async function trained(questions: readonly string[]): Promise<Model> {
  const problems = madeUp(8000);
  const documents = Array.from({ length: 250 }, (_, i) => ({
    id: `${i}`,
    source: "made up",
    text: problems.slice(32 * i, 32 * i + 32).join(""),
  }));
  const tokenizer = await Tokenizer.train([...problems.slice(0, 2000), ...questions, ...wordProblems], {
    vocabSize: 1024,
  });
  const model = await Model.create({ dim: 64, layers: 2, heads: 4, hidden: 176 }, {
    tokenizer,
    context: 1536,
  });
  await new Trainer(model).pretrain(Dataset.from(documents), {
    steps: 300,
    batchTokens: 3072,
    context: 1536,
    learningRate: 5e-3,
    warmup: 20,
    validation: false,
  }).run();
  return model;
}

/** Returns the same problems with shuffled answers. */
function withShuffledAnswers(rows: readonly Problem[]): Dataset<Problem> {
  const answers = new Random(5).shuffle(rows.map(({ answer }) => answer));
  return Dataset.from(rows.map(({ question }, i) => ({ question, answer: answers[i] })));
}

Deno.test({
  name: `GSM8k whole with a small model${present.reason}`,
  ignore: present.ignore,
  fn: async () => {
    const file = path("gsm8k_test.jsonl");
    const rows = (await Deno.readTextFile(file)).trim().split("\n").map((line) => JSON.parse(line));
    using model = await trained(rows.map(({ question }) => question));
    const { name, config } = model;
    const tokenizer = model.tokenizer!;
    const start = performance.now();
    const report = await new Evaluator(model, { cache: false }).add("gsm8k", { data: file }).run();
    const [{ items, protocol }] = report.results;
    const outcomes = items as GenerateOutcome[];
    const texts = outcomes.map(({ text }) => text);
    const seconds = (performance.now() - start) / 1000;
    const stopped = texts.filter((text) => /The answer is -?\d+\.$/.test(text)).length;
    const numbers = outcomes.filter((item) => item.final != null).length;
    const words = texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);

    const asked = new Map(outcomes.map(({ prompt, text }) => [prompt, text]));
    const again = {
      name,
      generate: (prompt: unknown) => ({ text: () => Promise.resolve(asked.get(`${prompt}`)!) }),
    };
    const shuffled = await new Evaluator(again).add("gsm8k", { data: withShuffledAnswers(rows) }).run();
    const [control] = shuffled.results[0].measures;
    const right = report.value("gsm8k");
    console.log(
      `${report.table().toString()}\n${stopped} of 1,319 texts end with "The answer is N.", ${numbers} give a number; ` +
        `${words} tokens, ${seconds.toFixed(0)} s at load ${Deno.loadavg()[0].toFixed(1)}\n` +
        `shuffled answers: ${(100 * control.value).toFixed(1)} % (as asked ${(100 * right).toFixed(1)} %)`,
    );
    assert.equal(items.length, 1319);
    assert.equal(protocol.shots, 8);
    assert.equal(protocol.droppedShots, 0);
    assert.equal(protocol.truncated, 0);
    assert.ok(
      outcomes.every(({ prompt }) => prompt.split("\n\n").length >= 9 && prompt.startsWith(wordProblems[0])),
    );
    assert.ok(stopped > 1000, "the model has learned to answer");
    assert.ok(right < 0.2, "the model has not learned to reason");
    assert.ok(control.value < 0.05, "chance is the share of answers that happen to be equal");

    const limit = 12;
    const single = { name, config, tokenizer, generate: model.generate.bind(model) };
    const alone = await new Evaluator(single, { cache: false }).add("gsm8k", { data: file, limit }).run();
    assert.deepEqual(
      (alone.results[0].items as GenerateOutcome[]).map(({ text }) => text),
      texts.slice(0, limit),
    );
  },
});

/**
 * GSM8k whole, 1,319 problems, with a small model that has learned the form of an answer from made-up sums: every text
 * ends where it should, the final numbers are found, and what is written together is what is written one by one.
 * Minutes; the file is read from LLAMERO_GSM8K or from beside the repository.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "../../mod.ts";
import type { GenerateOutcome } from "../../src/eval/mod.ts";
import { Random } from "../../src/base/random.ts";

const file = Deno.env.get("LLAMERO_GSM8K") ??
  new URL("../../../shared/data/gsm8k_test.jsonl", import.meta.url).pathname;
const there = await Deno.stat(file).then(() => true, () => false);

/** Problems of one step, in the words that the benchmark's worked examples end with. */
function madeUp(count: number): string[] {
  const random = new Random(11), pick = (words: string[]) => words[random.below(words.length)];
  return Array.from({ length: count }, () => {
    const name = pick(["Tom", "Ana", "Lena", "Omar", "Mia", "Ravi"]),
      what = pick(["apples", "books", "coins", "pens"]);
    const a = 2 + random.below(40), b = 2 + random.below(30), more = random.below(2) === 0;
    const [big, small] = more ? [a, b] : [a + b, b], result = more ? big + small : big - small;
    return `Q: ${name} has ${big} ${what} and ${
      more ? "buys" : "gives away"
    } ${small}. How many ${what} does ${name} have now?\n` +
      `A: ${name} has ${big} ${more ? "+" : "-"} ${small} = ${result} ${what}. The answer is ${result}.\n\n`;
  });
}

Deno.test({
  name: there ? "GSM8k whole with a small model" : `GSM8k whole with a small model (left out: no ${file})`,
  ignore: !there,
  fn: async () => {
    const problems = madeUp(4000),
      documents = Array.from({ length: 500 }, (_, i) => ({
        id: `${i}`,
        source: "made up",
        text: problems.slice(8 * i, 8 * i + 8).join(""),
      }));
    const questions = (await Deno.readTextFile(file)).trim().split("\n").map((line) =>
      JSON.parse(line).question
    );
    const corpus = Dataset.from(documents);
    const tokenizer = await Tokenizer.train([...problems, ...questions], { vocabSize: 512 });
    using model = await Model.create({ dim: 64, layers: 2, heads: 4, hidden: 176 }, {
      tokenizer,
      context: 1024,
    });
    await new Trainer(model).pretrain(corpus, {
      steps: 400,
      batchTokens: 1024,
      context: 256,
      learningRate: 5e-3,
      warmup: 20,
      validation: false,
    }).run();
    const plan = (one: object) =>
      new Evaluator(one as Model, { cache: false }).add("gsm8k", { data: file, shots: 0, name: "zero-shot" });
    const start = performance.now();
    const report = await plan(model).add("gsm8k", { data: file, shots: 2, limit: 128, name: "two shots" })
      .run();
    const [zero, two] = report.results.map(({ items }) => items as GenerateOutcome[]);
    assert.deepEqual([zero.length, two.length], [1319, 128]);
    const words = zero.reduce((sum, { text }) => sum + tokenizer.encode(text).length, 0);
    const stopped = zero.filter(({ text }) => /The answer is -?\d+\.$/.test(text)).length;
    const numbers = zero.filter((item) => item.final != null).length;
    console.log(
      `${report.table().toString()}\n${stopped} of 1,319 texts end with "The answer is N.", ${numbers} give a number; ` +
        `${words} tokens, ${((performance.now() - start) / 1000).toFixed(0)} s at load ${
          Deno.loadavg()[0].toFixed(1)
        }`,
    );
    assert.ok(stopped > 1000, "it has learned to answer");
    assert.ok(report.value("zero-shot") < 0.2, "and not to reason");
    const { name, config } = model, limit = 12;
    const single = { name, config, tokenizer, generate: model.generate.bind(model) };
    const alone = await new Evaluator(single, { cache: false }).add("gsm8k", { data: file, shots: 0, limit })
      .run();
    const texts = (items: readonly unknown[]) =>
      (items as GenerateOutcome[]).slice(0, limit).map(({ text }) => text);
    assert.deepEqual(texts(zero), texts(alone.results[0].items));
  },
});

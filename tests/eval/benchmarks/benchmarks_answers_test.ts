// The final answers of MATH and GSM8k: found in a model's text and compared by the rules of the authors.
import assert from "node:assert/strict";
import { canonicalMath } from "../../../src/eval/benchmarks/math_answer.ts";
import { Evaluator, type GenerateOutcome } from "../../../src/eval/mod.ts";
import { jsonl, withFiles, writer } from "../fakes.ts";

Deno.test("GSM8k: calculator marks are ignored, and votes count numbers", async () => {
  const texts = [" The answer is 7.0.", " 7", " 8!", " The answer is $8", " who knows"];
  const model = writer(() => texts.shift()!);
  const row = { question: "How many?", answer: "3+4 = <<3+4=7>>7\n#### 7" };
  await withFiles({ "test.jsonl": jsonl([row]) }, async (data) => {
    const plan = new Evaluator(model).add("gsm8k", { data, variant: "maj1@100", samples: 5 });
    const [{ task, measures, items, protocol }] = (await plan.run()).results;
    assert.equal(task, "gsm8k maj1@100");
    assert.equal(measures[0].metric, "maj1@5");
    assert.equal(measures[0].value, 1); // 7 and 8 tie, the first wins
    assert.equal((items[0] as GenerateOutcome).final, "7.0");
    assert.deepEqual(protocol.decoding, {
      temperature: 0.6,
      maxTokens: 256,
      stop: ["Q:", "\n\n"],
      topP: 0.95,
    });
    assert.match(protocol.rule, /most frequent answer of 5 samples at temperature 0.6 and top-p 0.95/);
  });
});

Deno.test("each sample has its own seed, the same in every run", async () => {
  const seeds: unknown[] = [];
  const model = {
    name: "m",
    generate: (
      _: unknown,
      options?: { seed?: number },
    ) => (seeds.push(options?.seed), { text: () => Promise.resolve("7") }),
  };
  const rows = [1, 2].map((i) => ({ question: `How many ${i}?`, answer: "#### 7" }));
  await withFiles({ "test.jsonl": jsonl(rows) }, async (data) => {
    const run = (seed: number) =>
      new Evaluator(model, { seed }).add("gsm8k", { data, variant: "maj1@100", samples: 3 }).run();
    await run(1), await run(1), await run(2);
  });
  assert.equal(new Set(seeds.slice(0, 6)).size, 6);
  assert.deepEqual(seeds.slice(6, 12), seeds.slice(0, 6));
  assert.equal(new Set([...seeds.slice(0, 6), ...seeds.slice(12)]).size, 12);
});

Deno.test("MATH: answers that the authors treat as equal", () => {
  const same = [
    [
      "\\frac{1}{2}",
      "\\frac12",
      "\\dfrac{1}{2}",
      "0.5",
      ".5",
      "1/2",
      "\\tfrac 1 2",
      "x=\\frac{1}{2}",
      "\\frac1{2}",
    ],
    ["\\sqrt{3}", "\\sqrt3"],
    ["90", "90^\\circ", "90^{\\circ}", "90\\%", "\\$90", "90\\text{ units}", "9\\!0"],
    ["(1,2)", "\\left(1, 2\\right)"],
    ["\\frac{7}{72}", "\\frac7{72}"],
    ["0.25", ".25"],
    ["k=5x", "5x"],
  ];
  for (const all of same) for (const one of all) assert.equal(canonicalMath(one), canonicalMath(all[0]), one);
  const written = same.map(([one]) => canonicalMath(one));
  assert.equal(new Set(written).size, same.length);
  assert.notEqual(canonicalMath("a=b=c"), canonicalMath("c"));
  assert.equal(canonicalMath("abc=5"), canonicalMath("5"), "a name of one word, as Minerva does");
});

// The final answers of MATH and GSM8k: found in a model's text and compared by the rules of the authors.
import assert from "node:assert/strict";
import { canonicalNumber, finalNumber } from "../../../src/eval/benchmarks/gsm8k.ts";
import { boxed, canonicalMath, finalAnswer } from "../../../src/eval/benchmarks/math_answer.ts";
import { Evaluator, type GenerateOutcome } from "../../../src/eval/mod.ts";
import { jsonl, withFiles, writer } from "../fakes.ts";

Deno.test("numbers: the one after the words, else the last one; equal numbers are equal texts", () => {
  const found: [string, string | undefined][] = [
    ["So 3. The answer is 1,234.50. Q: 5", "1,234.50"],
    ["The answer is -7.", "-7"],
    ["The answer is $18 a day", "18"],
    ["first 3, then 12 eggs.", "12"],
    ["about -4.25 or so", "-4.25"],
    ["none at all", undefined],
  ];
  for (const [text, number] of found) assert.equal(finalNumber(text), number, text);
  for (
    const same of [["7", "7.0", "7.00", " 7 ", "$7", "7."], ["1,000", "1000", "1000.0"], ["-0.5", "-.5"]]
  ) {
    assert.deepEqual(same.map(canonicalNumber), same.map(() => canonicalNumber(same[0])));
  }
  assert.notEqual(canonicalNumber("7"), canonicalNumber("70"));
});

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

Deno.test("MATH: the stated answer, else the last box with its braces", () => {
  assert.equal(boxed("so \\boxed{1} or \\boxed{\\frac{1}{2}} it is"), "\\frac{1}{2}");
  assert.equal(boxed("\\boxed{1"), undefined);
  assert.equal(boxed("no box"), undefined);
  const stated = "\\boxed{3} Final Answer: The final answer is $x=\\frac{1}{2}$. I hope it is correct.";
  assert.equal(finalAnswer(stated), "x=\\frac{1}{2}");
  assert.equal(finalAnswer("thus $\\boxed{3}$."), "3");
  assert.equal(finalAnswer("thus 3"), undefined);
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
  assert.notEqual(canonicalMath("abc=5"), canonicalMath("5"));
});

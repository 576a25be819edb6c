// Instruction tuning teaches a model to answer from what it learned in pretraining, also about people whom no example of
// the mixture names. Compares base and tuned model on held-out questions, and in MMLU's format in the report of the run.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { Dataset } from "../../src/data/mod.ts";
import { Evaluator } from "../../src/eval/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { taskMixture } from "../../src/train/mod.ts";
import { testDevice } from "../support/device.ts";
import { quiet } from "../train/support.ts";

const random = new Random(1);
const hidden = { display: false } as const;
const things = [
  "apple",
  "bread",
  "chair",
  "drum",
  "egg",
  "flag",
  "glove",
  "horn",
  "ink",
  "jar",
  "kite",
  "lamp",
];
const heads = ["al", "be", "co", "du", "em", "fa", "gi", "ho", "ki", "lu", "mo", "ny"];
const tails = ["ma", "la", "ra", "na", "lo", "ri", "ta", "vo"];
const people = heads.flatMap((head) =>
  tails.map((tail) => ({ who: head + tail, what: things[random.below(12)] }))
);
const trainedOn = people.filter((_, i) => i % 4 > 0);
const heldOut = people.filter((_, i) => i % 4 === 0);
const ask = (who: string) => `What does ${who} have?`;

/** Questions in MMLU's format about the held-out people. */
const exam = heldOut.map(({ who, what }, i) => {
  const answer = i % 4;
  const others = things.filter((thing) => thing !== what);
  const choices = [0, 4, 8].map((at) => others[(at + i) % 11]);
  choices.splice(answer, 0, what);
  return { subject: "miscellaneous", question: ask(who), choices, answer };
});

/** Returns the share of the held-out questions whose answer is exactly the thing. */
async function answered(model: Model): Promise<number> {
  let right = 0;
  for (const { who, what } of heldOut) {
    const greedy = { temperature: 0, maxTokens: 8 };
    const text = model.tokenizer!.template === null
      ? await model.generate(`User: ${ask(who)}\nAssistant:`, greedy).text()
      : await model.chat(ask(who), greedy).text();
    if (text.trim() === what) right++;
  }
  return right / heldOut.length;
}

Deno.test("instruction tuning raises the share of right answers to held-out questions", async () => {
  const forms = [
    "WHO has the WHAT.",
    "The WHAT is with WHO.",
    "WHO holds the WHAT.",
    "WHO came with the WHAT.",
  ];
  const corpus = Array.from({ length: 800 }, (_, i) => {
    const lines = Array.from({ length: 6 }, () => {
      const { who, what } = people[random.below(people.length)];
      return forms[random.below(4)].replace("WHO", who).replace("WHAT", what);
    });
    return { id: `${i}`, text: lines.join(" ") };
  });
  const words = `${
    corpus.map(({ text }) => text).join(" ")
  } User: Assistant: What does have? Name the thing of.`;
  const tokenizer = await Tokenizer.train([words], { vocabSize: 420 });
  const shape = { dim: 96, layers: 2, heads: 4, hidden: 256, vocabSize: 420, context: 64 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const options = { batchTokens: 8 * 64, validation: false } as const;
  await quiet(model).pretrain(Dataset.from(corpus), { ...options, steps: 600, learningRate: 4e-3 }).run(
    hidden,
  );

  const from = Dataset.from(trainedOn);
  const data = await taskMixture({
    what: {
      from,
      templates: [{ prompt: "What does {who} have?", answer: "{what}" }, {
        prompt: "Name the thing of {who}.",
        answer: "{what}",
      }],
    },
    told: { from, templates: [{ prompt: "What is with {who}?", answer: "{what}" }], cap: 20 },
  });
  const evaluator = new Evaluator().add("mmlu", { data: Dataset.from(exam), shots: 0 });
  const before = await answered(model);
  const result = await quiet(model).evaluate(evaluator)
    .instruct(data, { ...options, steps: 50, learningRate: 1e-3 })
    .evaluate(evaluator).run(hidden);
  const after = await answered(model);
  console.log(
    `answers to ${heldOut.length} held-out questions: base ${before.toFixed(2)}, instruct ${
      after.toFixed(2)
    }\n${result}`,
  );
  assert.ok(after >= before + 0.3, `${before} and ${after}`);
  assert.match(String(result), /Evaluations[\s\S]*score +before +instruct, step 50[\s\S]*mmlu, /);
});

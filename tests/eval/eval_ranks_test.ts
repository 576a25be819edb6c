// Evaluations that several ranks share: the report of one process, and one failure for all.
import assert from "node:assert/strict";
import { RankError } from "../../src/base/exchange.ts";
import { Dataset } from "../../src/data/mod.ts";
import { defineTask, Evaluator } from "../../src/eval/mod.ts";
import { type Device, openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { Trainer } from "../../src/train/mod.ts";
import { onRanks } from "../support/model_ranks.ts";

const texts = Array.from(
  { length: 90 },
  (_, i) => ({ text: `the ${i} whales swim ${i * i} miles and rest ${i % 7} days` }),
);
const book = Dataset.from(texts, { name: "whales" });
const tokenizer = await Tokenizer.train(book, { vocabSize: 290 });
const goals = Array.from({ length: 300 }, (_, i) => ({
  goal: `Count ${i} whales`,
  sol1: `Swim ${i % 11} miles.`,
  sol2: `Rest for ${i % 5} days in the sea.`,
  label: i % 2,
}));
const graded: string[] = [];
const copying = defineTask({
  name: "copying",
  kind: "generate",
  items: texts.slice(0, 70).map(({ text }) => ({ text })),
  prompt: "{text}",
  answer: () => "days",
  metric: (text: string) => {
    graded.push(text);
    return text.length;
  },
  maxTokens: 5,
});

const plan = new Evaluator()
  .add("piqa", { data: Dataset.from(goals) })
  .add(copying)
  .loss(book, { name: "whales" });

async function makeModel(device: Device, parts = 1): Promise<Model> {
  const shape = { dim: 32, layers: 2, heads: 2, hidden: 48 };
  return await Model.create(shape, { tokenizer, context: 48, device, parallel: { model: parts } });
}

async function reportOf(device: Device): Promise<string> {
  using model = await makeModel(device);
  return JSON.stringify(await plan.run(model));
}

Deno.test("two and three data ranks give the report of one process, and the first one grades", async () => {
  const device = await openDevice();
  const alone = await reportOf(device);
  device.close();
  assert.equal(graded.splice(0).length, 70);
  for (const size of [2, 3]) {
    for (const report of await onRanks(size, reportOf)) assert.equal(report, alone);
    assert.equal(graded.splice(0).length, 70);
  }
});

Deno.test("two model ranks run each batch together and have one report", async () => {
  const reports = await onRanks(2, async (device) => {
    using model = await makeModel(device, 2);
    return await plan.run(model);
  });
  assert.equal(JSON.stringify(reports[0]), JSON.stringify(reports[1]));
  const device = await openDevice();
  const wanted = JSON.parse(await reportOf(device)).results.map(({ measures }: { measures: unknown[] }) =>
    measures[0]
  );
  device.close();
  graded.length = 0;
  reports[0].results.forEach(({ measures }, i) => {
    assert.ok(
      Math.abs(measures[0].value - wanted[i].value) <= 2e-6 * Math.abs(wanted[i].value),
      measures[0].metric,
    );
  });
});

Deno.test("an evaluation in a run of two ranks is shared, and one of the user's own is asked once", async () => {
  let asked = 0;
  const own = {
    run: async (model: Model) => {
      asked++;
      const report = await new Evaluator().loss(book, { name: "inside" }).run(model); // the others do not run it
      return { inside: report.value("inside") };
    },
  };
  const evaluations = async (device: Device) => {
    using model = await makeModel(device);
    const run = new Trainer(model, { energy: false, parallel: { lanes: 2 } })
      .evaluate(plan, { every: 2 }).evaluate(own, { every: 2 })
      .pretrain(book, { steps: 4, batchTokens: 192, context: 48, validation: false })
      .run({ display: false });
    return JSON.stringify((await run).evaluations);
  };
  const device = await openDevice();
  const alone = await evaluations(device);
  device.close();
  assert.equal(asked, 2);
  for (const found of await onRanks(2, evaluations)) assert.equal(found, alone);
  assert.equal(asked, 4);
});

Deno.test("a metric that throws fails on all ranks, each failure once", async () => {
  const failing = defineTask({
    name: "failing",
    kind: "generate",
    items: [{ text: "the whale" }],
    prompt: "{text}",
    answer: () => "days",
    metric: () => {
      throw new RangeError("no such whale");
    },
    maxTokens: 2,
  });
  const errors = await onRanks(2, async (device) => {
    using model = await makeModel(device);
    return await new Evaluator().add(failing).run(model).then(
      () => new Error("none"),
      (error: Error) => error,
    );
  });
  assert.deepEqual(errors.map(({ name }) => name), ["RangeError", RankError.name]);
  assert.match(errors[1].message, /^Rank 0 failed: no such whale/);
});

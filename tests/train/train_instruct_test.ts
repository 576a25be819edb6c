import assert from "node:assert/strict";
import { DataError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { quiet, tinyModel } from "./support.ts";

const letters = [..."abcdefghijkl"];
const hidden = { display: false } as const;

/** Questions for the letter two places later, with answers of one to three letters. */
const pairs = letters.map((letter, i) => ({
  prompt: `After ${letter} comes`,
  completion: letters[(i + 2) % letters.length].repeat(1 + i % 3),
}));

const chat = Dataset.from(pairs).conversations();
const corpus = pairs.map(({ prompt, completion }) => ({ text: `User: ${prompt}\nAssistant: ${completion}` }));

/** Makes a model with a tokenizer for the questions. */
async function talker(): Promise<Model> {
  const tokenizer = await Tokenizer.train(corpus, { vocabSize: 300 });
  const model = await tinyModel({ vocabSize: 300, context: 40 });
  model.tokenizer = tokenizer;
  return model;
}

/** Returns the number of questions that the model answers exactly. */
async function exactMatches(model: Model): Promise<number> {
  let right = 0;
  for (const { prompt, completion } of pairs) {
    const text = await model.chat(prompt, { temperature: 0, maxTokens: 12 }).text();
    if (text.trim() === completion) right++;
  }
  return right;
}

Deno.test("instruction tuning teaches answers and their end, and gives the tokenizer a chat template", async () => {
  using model = await talker();
  assert.equal(model.tokenizer!.template, null);
  assert.throws(() => model.chat("After a comes"), /\.instruct/);
  const trainer = quiet(model).instruct(chat, {
    epochs: 150,
    batchTokens: 160,
    learningRate: 6e-3,
    validation: chat,
    validateEvery: 100,
  });
  const { validations, history } = await trainer.run(hidden);
  assert.equal(model.tokenizer!.template, "plain");
  assert.equal(history[0].learningRate, 6e-3 / Math.max(1, Math.round(history.length * 0.03)));
  assert.ok(validations.at(-1)!.loss < validations[0].loss / 10);
  assert.ok(await exactMatches(model) >= 11, `${await exactMatches(model)} of ${pairs.length}`);
});

Deno.test("the loss is that of the answers and their end alone, although examples are packed", async () => {
  using model = await talker();
  model.tokenizer = model.tokenizer!.withTemplate("plain");
  let nats = 0;
  let learned = 0;
  for (const { prompt, completion } of pairs) {
    const { ids, mask } = model.tokenizer.chat([
      { role: "user", content: prompt },
      { role: "assistant", content: completion },
    ]);
    const logits = await model.logits(ids);
    const V = 300;
    for (let t = 1; t < ids.length; t++) {
      if (!mask[t]) continue;
      const row = logits.subarray((t - 1) * V, t * V);
      const max = Math.max(...row);
      nats += max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0)) - row[ids[t]];
      learned++;
    }
  }
  const trainer = quiet(model).instruct(chat, { epochs: 1, batchTokens: 40 * 50, validation: false });
  const { history } = await trainer.run(hidden);
  assert.equal(history.length, 1);
  assert.ok(
    Math.abs(history[0].loss - nats / learned) < 1e-4,
    `${history[0].loss}, expected ${nats / learned}`,
  );
});

Deno.test("a stage of pretraining and a stage of tuning make one run", async () => {
  using model = await talker();
  const text = Dataset.from(Array.from({ length: 30 }, (_, i) => ({ ...corpus[i % 12], id: `text ${i}` })));
  const trainer = quiet(model)
    .pretrain(text, { steps: 6, batchTokens: 160, learningRate: 1e-3, sampleEvery: 3 })
    .instruct(chat, { steps: 4, template: "llama-2" });
  const run = trainer.run(hidden);
  const samples: string[] = [];
  const stages: string[] = [];
  for await (const event of run.events("sample", "stage")) {
    if (event.type === "sample") samples.push(event.text);
    else stages.push(`${event.stage} ${event.steps}`);
  }
  const { history } = await run;
  assert.deepEqual(stages, ["pretrain 6", "instruct 4"]);
  assert.equal(samples.length, 2);
  assert.deepEqual(history.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(history[5].learningRate, 1e-4);
  assert.equal(history[6].learningRate, 1e-4);
  assert.equal(model.tokenizer!.template, "llama-2");
});

Deno.test("an empty corpus, and answers that do not fit into a window, are refused with what to do", async () => {
  using model = await talker();
  const empty = Dataset.from(corpus).filter(() => false, { name: "nothing" });
  await assert.rejects(quiet(model).pretrain(empty, { steps: 2 }).run(hidden), (error) => {
    return error instanceof DataError && /no document/.test(error.message);
  });
  const long = Dataset.from([{ prompt: "word ".repeat(60), completion: "yes" }]).conversations();
  await assert.rejects(quiet(model).instruct(long, { validation: false }).run(hidden), (error) => {
    return error instanceof DataError && /raise context/.test(error.message);
  });
});

Deno.test("a source is not read more often than its maxEpochs", async () => {
  using model = await talker();
  const part = (name: string) => Dataset.from(corpus.map((one, i) => ({ ...one, id: `${name} ${i}` })));
  const mixed = Dataset.mix({
    few: { from: part("few"), weight: 0.5, maxEpochs: 1 },
    many: { from: part("many"), weight: 0.5 },
  });
  const options = { batchTokens: 80, validation: false } as const;
  const failure = await quiet(model).pretrain(mixed, { ...options, steps: 500 }).run(hidden)
    .catch((error: unknown) => error);
  assert.ok(failure instanceof Error);
  const [, maxSteps] = failure.message.match(
    /few would be read more often.*at most (\d+), current value is 500/,
  )!;
  const { history } = await quiet(model).pretrain(mixed, { ...options, steps: Number(maxSteps) }).run(hidden);
  assert.equal(history.length, Number(maxSteps));
});

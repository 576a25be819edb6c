// Many texts at once: each equals the text generated alone, and ends for its own reason.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Random } from "../../../src/base/random.ts";
import { Model } from "../../../src/model/mod.ts";
import { Prefill } from "../../../src/model/generation/prefill.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { families, testDevice } from "../../support/device.ts";

const shape = { dim: 24, layers: 2, heads: 6, kvHeads: 2, hidden: 40 };
const words = "the llama hums on every hill while wind carries grass and someone answers".split(" ");
const random = new Random(2);
const text = Array.from({ length: 300 }, () => words[random.below(words.length)]).join(" ");
const tokenizer = await Tokenizer.train([text], { vocabSize: 290 });

/** Prompts of 1 to 85 tokens, some with common prefixes; the longest reaches the end of the context. */
const prompts = Array.from({ length: 19 }, (_, i) => {
  const own = new Random(i);
  const header = Array.from({ length: i % 3 * 20 }, (_, n) => 5 + 7 * n % 250);
  return Uint32Array.from([1, ...header, ...Array.from({ length: own.below(45) }, () => 3 + own.below(280))]);
});
const context = Math.max(...prompts.map(({ length }) => length)) + 4;

/** Makes a model whose logits are far from uniform, so that texts differ and a mistake shows. */
async function scaledModel(
  family: "fast" | "subgroup" | "shared" | "plain" = "fast",
  scale = 12,
): Promise<Model> {
  const model = await Model.create({ ...shape, context }, { tokenizer, device: await testDevice(family) });
  const scaled = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : scale * x)] as const
  );
  model.setParameters(new Map(scaled));
  return model;
}

for (const family of families) {
  Deno.test(`greedy texts equal those generated one by one (${family})`, async () => {
    using model = await scaledModel(family);
    const options = { temperature: 0, maxTokens: 10 };
    const together = await model.generateBatch(prompts, { ...options, batch: 8 });
    for (const [i, { ids, finish, text }] of together.entries()) {
      const alone = model.generate(prompts[i], options);
      assert.deepEqual(ids, await alone.ids(), `prompt ${i}`);
      assert.equal(finish, alone.finish);
      assert.equal(text, await alone.text());
    }
    const finishes = new Set(together.map(({ finish }) => finish));
    assert.ok(finishes.has("length") && finishes.has("context"), [...finishes].join(", "));
  });
}

Deno.test("a sampled text depends on its own seed alone, bit for bit, whatever is generated beside it", async () => {
  using model = await scaledModel("fast", 8);
  const seeds = prompts.map((_, i) => 100 + i);
  const options = { temperature: 0.9, topP: 0.9, maxTokens: 12 };
  const all = await model.generateBatch(prompts, { ...options, seed: seeds, batch: 32 });
  const small = await model.generateBatch(prompts, { ...options, seed: seeds, batch: 8 });
  assert.deepEqual(small, all);
  const back = prompts.toReversed();
  const seedsBack = seeds.toReversed();
  assert.deepEqual((await model.generateBatch(back, { ...options, seed: seedsBack })).toReversed(), all);
  for (const i of [0, 7, 18]) {
    assert.deepEqual(await model.generateBatch([prompts[i]], { ...options, seed: seeds[i] }), [all[i]]);
    assert.deepEqual(await model.generate(prompts[i], { ...options, seed: seeds[i] }).ids(), all[i].ids);
  }
  const same = await model.generateBatch(Array(9).fill(prompts[3]), { ...options, seed: seeds.slice(0, 9) });
  assert.ok(new Set(same.map(({ text }) => text)).size > 6, "one prompt, many seeds: many texts");
});

Deno.test("each text ends for its own reason and makes room for the next prompt", async () => {
  using model = await scaledModel("fast", 8);
  const before = model.device.memory().bytes;
  const order: number[] = [];
  const seed = Array.from({ length: 40 }, (_, i) => i);
  const starts = seed.map((i) => `the llama ${words[i % 13]}`);
  const options = { temperature: 1.2, topP: 1, maxTokens: 20, stop: ["a", "\n"] };
  const texts = await model.generateBatch(starts, {
    ...options,
    seed,
    batch: 8,
    onText: (index, { text }) => {
      order.push(index);
      assert.doesNotMatch(text, /a|\n/);
    },
  });
  assert.deepEqual(order.toSorted((a, b) => a - b), seed);
  assert.notDeepEqual(order, seed, "short texts end before long ones");
  assert.equal(model.device.memory().bytes, before);
  const finishes = new Set(texts.map(({ finish }) => finish));
  assert.ok(finishes.has("stop") && finishes.size > 1, [...finishes].join(", "));
  for (const i of [0, 11, 39]) {
    const alone = model.generate(starts[i], { ...options, seed: i });
    assert.equal(texts[i].text, await alone.text());
    assert.equal(texts[i].finish, alone.finish);
  }
});

Deno.test("with `chat` each prompt is answered in the template", async () => {
  using model = await scaledModel();
  const options = { temperature: 0, maxTokens: 8 };
  const questions = ["the hill", "grass and wind"];
  await assert.rejects(model.generateBatch(questions, { ...options, chat: true }), ConfigError);
  model.tokenizer = tokenizer.withTemplate("plain");
  const answers = await model.generateBatch(questions, { ...options, chat: true });
  for (const [i, { text }] of answers.entries()) {
    assert.equal(text, await model.chat(questions[i], options).text());
  }
});

Deno.test("the prefix that a prompt shares with the one before is computed once", async () => {
  using model = await scaledModel();
  const prefill = new Prefill(model, 80);
  const ids = Uint32Array.from({ length: 70 }, (_, i) => i + 3);
  try {
    const computed = async (prompt: Uint32Array) => {
      const before = prefill.computedTokens;
      await prefill.load(prompt);
      return prefill.computedTokens - before;
    };
    assert.equal(await computed(ids), 70);
    assert.equal(await computed(ids), 0);
    assert.equal(await computed(ids.subarray(0, 50)), 0);
    assert.equal(await computed(Uint32Array.from([...ids.subarray(0, 50), 9, 9])), 2);
    assert.equal(await computed(ids), 20);
  } finally {
    prefill.dispose();
  }
});

Deno.test("generateBatch refuses wrong options, stops at a signal, and returns nothing for no prompts", async () => {
  using model = await scaledModel();
  const before = model.device.memory().bytes;
  assert.deepEqual(await model.generateBatch([]), []);
  await assert.rejects(model.generateBatch(["a", "b"], { seed: [1] }), /one for each of 2 prompts/);
  await assert.rejects(model.generateBatch(["a"], { batches: 3 } as never), /did you mean "batch"/);
  await assert.rejects(model.generateBatch([new Uint32Array(0)]), /no tokens/);
  await assert.rejects(model.generateBatch([new Uint32Array(context + 1)]), /tokens, the model's context is/);
  await assert.rejects(model.generateBatch([Uint32Array.of(1, 290)]), /token id 290/);
  await assert.rejects(
    model.generateBatch(["a"], { signal: AbortSignal.abort(new Error("enough")) }),
    /enough/,
  );
  const stop = new AbortController();
  const many = model.generateBatch(prompts, {
    batch: 8,
    maxTokens: 20,
    signal: stop.signal,
    onText: () => stop.abort(new Error("one is enough")),
  });
  await assert.rejects(many, /one is enough/);
  assert.equal(model.device.memory().bytes, before, "nothing stays allocated");
});

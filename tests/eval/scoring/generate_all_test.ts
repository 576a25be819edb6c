// Texts of all items generated in batches: the same report as one by one, kept as they come, with or without chat.
import assert from "node:assert/strict";
import { defineTask, type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";
import { fixture } from "../benchmarks/fixtures.ts";
import { withFiles } from "../fakes.ts";

Deno.test("texts and votes of a real model equal those generated one by one", async () => {
  const lands = ["Peru", "Chile", "Bolivia", "Brazil", "Uruguay", "Paraguay", "Ecuador", "Guyana", "Surinam"];
  const base = {
    kind: "generate" as const,
    items: lands,
    prompt: (land: string) => `The capital of ${land} is`,
    answer: (land: string) => land,
    maxTokens: 10,
    stop: ["e"],
  };
  const greedy = defineTask({ ...base, name: "greedy" });
  const sampling = { temperature: 1, samples: 3, combine: "majority" as const };
  const votes = defineTask({ ...base, name: "votes", sampling });
  const tokenizer = await Tokenizer.train([lands.map(base.prompt).join("\n")], { vocabSize: 288 });
  const shape = { dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 40, context: 96 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const sharp = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : 8 * x)] as const
  );
  model.setParameters(new Map(sharp)); // far from uniform, so that an error shows
  const { name, config } = model;
  const single: EvalModel = { name, config, tokenizer, generate: model.generate.bind(model) };
  const run = async (one: EvalModel) =>
    (await new Evaluator(one, { cache: false }).add(greedy).add(votes, { shots: 1 }).run()).results;
  const together = await run(model);
  assert.deepEqual(together.map(({ items }) => items), (await run(single)).map(({ items }) => items));
  const texts = together[1].items.flatMap((item) => item.kind === "generate" ? item.samples! : []);
  assert.ok(new Set(texts.map(({ text }) => text)).size > 20, "nearly all of the 27 texts differ");
});

interface Asked {
  prompts: readonly unknown[];
  options: Record<string, unknown>;
}

/** A model that writes batches of texts, the last one first, and throws after `maxTexts` of them. */
function many(maxTexts = Infinity): EvalModel & { calls: Asked[] } {
  const calls: Asked[] = [];
  return {
    name: "many",
    calls,
    parameters: () => Promise.resolve(new Map([["w", Float32Array.of(1)]])),
    generate: () => assert.fail("generateBatch is used"),
    async generateBatch(prompts, { onText, signal: _signal, ...options }) {
      calls.push({ prompts, options });
      const texts = prompts.map((prompt, i) => ({ text: ` ${String(prompt).length} ${options.seed?.[i]}` }));
      for (const i of [...texts.keys()].reverse()) {
        if (maxTexts-- <= 0) throw new Error("failed on purpose");
        onText?.(i, texts[i]);
        await Promise.resolve();
      }
      return texts;
    },
  };
}

Deno.test("texts are kept as they come: after a failure only the rest is generated", async () => {
  await withFiles(fixture("gsm8k", 8).files, async (data) => {
    const run = async (model: EvalModel, cache: string) =>
      (await new Evaluator(model, { cache }).add("gsm8k", { data, variant: "maj1@100", samples: 2 }).run())
        .results;
    const whole = await run(many(), `${data}/other`);
    const cache = `${data}/cache`;
    await assert.rejects(run(many(5), cache), /failed on purpose/);
    const next = many();
    const rest = await run(next, cache);
    assert.deepEqual(rest, whole);
    const [{ prompts, options }] = next.calls;
    const seeds = options.seed as number[];
    assert.equal(prompts.length, 11);
    assert.equal(seeds.length, 11);
    assert.equal(new Set(seeds).size, 11);
    const last = many();
    assert.deepEqual(await run(last, cache), whole);
    assert.equal(last.calls[0].prompts.length, 0);
    const silent = many();
    const write = silent.generateBatch!;
    silent.generateBatch = (prompts, { onText: _onText, ...options }) => write(prompts, options);
    assert.deepEqual(await run(silent, `${data}/silent`), whole);
    const after = many();
    assert.deepEqual(await run(after, `${data}/silent`), whole);
    assert.equal(after.calls[0].prompts.length, 0, "texts of a model that ignores onText are kept too");
  });
});

Deno.test("greedy texts have no seed, and chat: true reaches the model", async () => {
  await withFiles(fixture("triviaqa", 3).files, async (data) => {
    const model = many();
    await new Evaluator(model, { cache: false }).add("triviaqa", { data, shots: 0 }).run();
    const [{ options }] = model.calls;
    assert.equal(options.temperature, 0);
    assert.equal("seed" in options, false);
    assert.equal("chat" in options, false);
    const encode = () => Uint32Array.of(1, 2);
    const tokenizer = {
      fingerprint: "t",
      encode,
      chat: () => ({ ids: encode(), mask: new Uint8Array(2), pieces: [] }),
    };
    const chatty = { ...many(), tokenizer };
    await new Evaluator(chatty, { cache: false }).add("triviaqa", { data, shots: 0, chat: true }).run();
    const [{ prompts, options: said }] = chatty.calls;
    assert.equal(said.chat, true);
    assert.ok(prompts.every((prompt) => typeof prompt === "string"));
  });
});

// Shared beginnings of prompts are put through once: scores do not change, and the report counts the saving.
import assert from "node:assert/strict";
import { type ChoiceOutcome, Evaluator } from "../../src/eval/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { testDevice } from "../support/device.ts";
import { fixture } from "./benchmarks/fixtures.ts";
import { characters, jsonl, scorer, withFiles } from "./fakes.ts";

Deno.test("pairs with the same beginning are neighbours", async () => {
  const made = fixture("mmlu", 40);
  await withFiles(made.files, async (data) => {
    const model = scorer(() => -1);
    await new Evaluator(model).add("mmlu", { data }).run();
    const texts = model.batches.flat().map(([prompt, option]) => prompt + option);
    assert.equal(texts.length, 160);
    assert.deepEqual(texts, texts.toSorted());
  });
});

Deno.test("MMLU, 5-shot: more than 60 % of the tokens are saved, and no score changes", async () => {
  const made = fixture("mmlu", 12);
  const text = Object.values(made.files).join("\n");
  const tokenizer = await Tokenizer.train([text], { vocabSize: 340 });
  const shape = { dim: 24, layers: 2, heads: 4, kvHeads: 2, hidden: 40, context: 640 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  const sharp = [...await model.parameters()].map(([name, data]) =>
    [name, data.map((x) => name.includes("norm") ? x : 6 * x)] as const
  );
  model.setParameters(new Map(sharp)); // far from uniform, so that an error shows
  await withFiles(made.files, async (data) => {
    const { results: [{ items, protocol }] } = await new Evaluator(model, { cache: false }).add("mmlu", {
      data,
    }).run();
    assert.equal(protocol.droppedShots + protocol.truncated, 0);
    const [, share, all] = /saved (.+)% of (\d+) tokens/.exec(protocol.notes.join("\n"))!;
    const asked = (items as ChoiceOutcome[]).flatMap(({ prompt }) => ["A", "B", "C", "D"].map(() => prompt));
    const plain = asked.reduce((n, prompt) => n + tokenizer.encode(`${prompt} A`).length, 0); // BOS is an input, the last token is not
    assert.equal(Number(all), plain);
    assert.ok(Number(share) > 60, `saved ${share} %`);
    console.log(`      shared beginnings saved ${share} % of ${all} tokens`);
    for (const { prompt, options } of (items as ChoiceOutcome[]).filter((_, i) => i % 4 === 1)) {
      for (const { text, logProb } of options) {
        const alone = await model.score(prompt, ` ${text}`); // one pair has nothing to share
        assert.equal(alone.reusedTokens, 0);
        assert.ok(Math.abs(logProb - alone.logProb) < 1e-4, `${logProb}, alone ${alone.logProb}`);
      }
    }
  });
});

Deno.test("MMLU drops examples from the end until the prompt fits, and counts them", async () => {
  const row = (i: number) => ({
    question: `Q${i}?`,
    subject: "anatomy",
    choices: ["a", "b", "c", "d"],
    answer: i % 4,
  });
  const files = { "test.jsonl": jsonl([row(9)]), "dev.jsonl": jsonl([0, 1, 2, 3, 4].map(row)) };
  const header = "The following are multiple choice questions (with answers) about  anatomy.\n\n".length;
  const block = "Q0?\nA. a\nB. b\nC. c\nD. d\nAnswer:".length;
  const model = {
    ...scorer(() => -1),
    ...characters(header + 2 * (block + " A\n\n".length) + block + " A".length),
  };
  await withFiles(files, async (data) => {
    const { results: [{ items: [{ shots, dropped }] }] } = await new Evaluator(model).add("mmlu", { data })
      .run();
    assert.deepEqual(shots, [0, 1]);
    assert.equal(dropped, 3);
  });
});

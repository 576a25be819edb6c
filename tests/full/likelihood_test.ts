// Speed of batched likelihoods as a share of the forward pass: the cost of tokenizing, padding and reading back.
import assert from "node:assert/strict";
import { Dataset } from "../../src/data/mod.ts";
import { type EvalModel, Evaluator } from "../../src/eval/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Scorer } from "../../src/model/scoring/batch_scorer.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { cpuTime } from "../bench/cpu_time.ts";
import { testDevice } from "../support/device.ts";

/** Returns CPU time in milliseconds where the system gives it, so that other processes do not count. */
const now = () => cpuTime() ?? performance.now();

Deno.test("500 items of two options run at 60 % or more of the forward pass's tokens per second", async () => {
  const chapters = await Dataset.sample("moby-dick").take(60).toArray();
  const words = chapters.map(({ text }) => text).join(" ").split(/\s+/);
  const piece = (at: number, length: number) => words.slice(at, at + length).join(" ");
  const items = Array.from({ length: 500 }, (_, i) => ({
    goal: piece(80 * i, 4 + i % 9), // lengths as in PIQA: short goals, longer solutions
    sol1: piece(80 * i + 20, 5 + (i * i) % 40),
    sol2: piece(80 * i + 60, 5 + (i * i) % 36),
    label: i % 2,
  }));
  const tokenizer = await Tokenizer.train(chapters.map(({ text }) => text), { vocabSize: 1024 });
  const shape = { dim: 128, layers: 4, heads: 4, hidden: 352, context: 128 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  let inputs = 0;
  const counted: EvalModel = {
    name: "counted",
    config: model.config,
    tokenizer,
    async scoreBatch(pairs, run) {
      const scores = await model.scoreBatch(pairs, run);
      inputs += scores.reduce((sum, score) => sum + score.inputs, 0);
      return scores;
    },
  };
  const forward = async () => {
    const scorer = await Scorer.create(model, 8, 128);
    const ids = Array.from({ length: 128 }, (_, i) => (i * 37) % 1024);
    const rows = Array.from({ length: 8 }, () => ({ ids, targets: ids }));
    const times: number[] = [];
    for (let n = 0; n < 8; n++) {
      const start = now();
      await scorer.score(rows);
      times.push(now() - start);
    }
    scorer.dispose();
    return 8 * 128 / times.toSorted((a, b) => a - b)[3];
  };
  const evaluation = new Evaluator(counted).add("piqa", { data: Dataset.from(items), limit: 500 });
  const ratios: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = await forward();
    const start = now();
    inputs = 0;
    await evaluation.run();
    const rate = inputs / (now() - start);
    const after = await forward();
    ratios.push(rate / ((before + after) / 2));
  }
  console.log(
    `tokens per CPU second, as shares of the forward pass: ${ratios.map((r) => r.toFixed(2)).join(", ")}`,
  );
  assert.ok(ratios.toSorted((a, b) => a - b)[1] >= 0.6, "the median of three rounds");
});

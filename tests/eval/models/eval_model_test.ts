// The three kinds of tasks and the loss on a real model, against the model's own methods.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/mod.ts";
import { type ChoiceOutcome, defineTask, Evaluator, type GenerateOutcome } from "../../../src/eval/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { testDevice } from "../../support/device.ts";
import { piqaLike } from "../fakes.ts";

const near = (got: number, want: number) =>
  assert.ok(Math.abs(got - want) <= 1e-4 * Math.abs(want), `got ${got}, want ${want}`);

Deno.test("the evaluator's numbers are those of the model's own methods", async () => {
  const { rows, labels } = piqaLike(7);
  rows[3].sol2 = `${"w12 ".repeat(40)}end`; // longer than the context
  const text = Dataset.from(rows.map(({ goal, sol1, sol2 }) => ({ text: `${goal} ${sol1} ${sol2}` })));
  const tokenizer = await Tokenizer.train(text, { vocabSize: 285 });
  const shape = { dim: 24, layers: 1, heads: 2, kvHeads: 1, hidden: 40, context: 96 };
  using model = await Model.create(shape, { tokenizer, device: await testDevice() });
  assert.ok(tokenizer.encode(rows[3].sol2).length > 96);

  const say = defineTask({
    name: "say",
    kind: "generate",
    items: rows,
    prompt: "{goal}",
    maxTokens: 5,
    answer: ({ sol1 }) => sol1,
  });
  const sure = defineTask({
    name: "sure",
    kind: "perplexity",
    items: rows.slice(0, 3),
    prompt: "{goal}",
    answer: ({ sol1 }) => sol1,
  });
  const report = await new Evaluator({ mine: model }, { cache: false })
    .add("piqa", { data: Dataset.from(rows.map((row, i) => ({ ...row, label: labels[i] }))) })
    .add(say, { limit: 3 }).add(sure).loss(text).run();
  const [piqa, said, , loss] = report.results;

  for (const [i, { prompt, options, cut }] of (piqa.items as ChoiceOutcome[]).entries()) {
    for (const [o, { text, logProb, tokens }] of options.entries()) {
      if (i === 3 && o === 1) continue;
      const alone = await model.score(prompt, ` ${text}`);
      near(logProb, alone.logProb);
      assert.equal(tokens, alone.tokens);
    }
    assert.equal(cut > 0, i === 3, `item ${i} cut ${cut}`);
  }
  const long = (piqa.items[3] as ChoiceOutcome).options[1];
  assert.equal(long.tokens, tokenizer.encode(`A ${long.text}`).length - tokenizer.encode("A").length);
  assert.ok(long.logProb < 0 && Number.isFinite(long.logProb));

  for (const { prompt, text } of said.items as GenerateOutcome[]) {
    const own = await model.generate(prompt, { temperature: 0, maxTokens: 5, stop: "\n" }).text();
    assert.equal(text, own.trim());
  }
  const { logProb } = await model.score(rows[0].goal, ` ${rows[0].sol1}`);
  near((report.results[2].items[0] as { logProb: number }).logProb, logProb);
  const own = await model.loss(text);
  near(report.value("loss"), own.loss);
  near(report.value("loss", { metric: "bits per byte" }), own.bitsPerByte);
  assert.equal(loss.measures[0].n, own.tokens);
  assert.equal(piqa.protocol.context, 96);
  assert.deepEqual(piqa.protocol.tokenizer, tokenizer.fingerprint);
});

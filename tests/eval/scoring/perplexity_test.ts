import assert from "node:assert/strict";
import { ConfigError, NumericsError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/mod.ts";
import { defineTask, type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { scorer } from "../fakes.ts";

const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs(got! - want) <= 1e-12 * Math.abs(want), `${got} is not ${want}`);

Deno.test("perplexity and bits per byte over all tokens equal the values computed by hand", async () => {
  const nats: Record<string, number> = { " ab": 3, " cdé": 5, " f": 1 };
  const tokens: Record<string, number> = { " ab": 2, " cdé": 4, " f": 1 };
  const model = scorer((_, text) => -nats[text], (text) => tokens[text]);
  const task = defineTask({
    name: "texts",
    kind: "perplexity",
    items: ["ab", "cdé", "f"],
    prompt: () => "Say:",
    answer: (text) => text,
  });
  const [{ measures: [perplexity, loss, bits] }] = (await new Evaluator(model).add(task).run()).results;
  near(loss.value, 9 / 7);
  near(perplexity.value, Math.exp(9 / 7));
  near(bits.value, 9 / Math.LN2 / 7); // 2 + 4 + 1 bytes
  const r = 9 / 7;
  const squares = (3 - 2 * r) ** 2 + (5 - 4 * r) ** 2 + (1 - r) ** 2;
  near(loss.error, Math.sqrt(3 / 2 * squares) / 7);
  near(perplexity.error, loss.error! * perplexity.value);
  near(bits.error, loss.error! / Math.LN2);
  assert.equal(perplexity.n, 3);
  const [{ measures: [alone] }] = (await new Evaluator(model).add(task, { limit: 1 }).run()).results;
  assert.equal(alone.error, undefined); // one item has no spread
});

Deno.test("a loss is the model's own, as nats per token, bits per byte and perplexity", async () => {
  const seen: unknown[] = [];
  const model: EvalModel = {
    name: "m",
    loss(dataset, run) {
      seen.push(dataset, run?.limit);
      return Promise.resolve({
        loss: 2,
        bitsPerByte: 2 * 300 / Math.LN2 / 900,
        perplexity: 0,
        tokens: 300,
        bytes: 900,
      });
    },
  };
  const dataset = Dataset.from([{ text: "ab" }], { name: "tail" });
  const report = await new Evaluator(model).loss(dataset, { name: "held out", limit: 3 }).run();
  assert.deepEqual(seen, [dataset, 3]);
  assert.equal(report.value("held out"), 2);
  near(report.value("held out", { metric: "bits per byte" }), 2 * 300 / Math.LN2 / 900);
  near(report.value("held out", { metric: "perplexity" }), Math.exp(2));
  const [{ kind, measures, protocol }] = report.results;
  assert.equal(kind, "loss");
  assert.equal(measures[0].n, 300);
  assert.equal(measures[0].error, undefined);
  assert.match(protocol.data!, /tail/);
  assert.match(report.table().toString(), /held out: the first 3 windows; data from tail/);
  assert.throws(() => report.explain("held out", 0), /"held out": it has no items/);
});

Deno.test("a loss without bytes has no bits per byte; a value that is not a dataset is refused", async () => {
  const model: EvalModel = {
    name: "m",
    loss: () => Promise.resolve({ loss: 1, bitsPerByte: Infinity, perplexity: Math.E, tokens: 8, bytes: 0 }),
  };
  const ids = Dataset.tokens([Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)]);
  const [{ measures }] = (await new Evaluator(model).loss(ids).run()).results;
  assert.deepEqual(measures.map(({ metric }) => metric), ["loss", "perplexity"]);
  const lost: EvalModel = {
    name: "lost",
    loss: () => Promise.resolve({ loss: NaN, bitsPerByte: NaN, perplexity: NaN, tokens: 8, bytes: 0 }),
  };
  await assert.rejects(new Evaluator(lost).loss(ids).run(), NumericsError);
  assert.throws(() => new Evaluator(model).loss("book.txt" as unknown as Dataset), ConfigError);
});

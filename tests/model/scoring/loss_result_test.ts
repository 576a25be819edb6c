// The loss of a model as an object that shows itself.
import assert from "node:assert/strict";
import { Dataset } from "../../../src/data/mod.ts";
import { LossResult } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { tinyModel } from "../../train/support.ts";

const facts = {
  nats: 4.5 * 12_000,
  standardError: 0.02345,
  tokens: 12_000,
  bytes: 30_000,
  windows: 8,
  windowsInAll: 120,
  documents: 3,
  cut: 17,
};

Deno.test("a loss shows nats, standard error, bits per byte, perplexity, and what was measured and cut", () => {
  const loss = new LossResult(facts);
  assert.equal(
    loss.toString(),
    `Loss
  nats per token  4.500
  standard error  0.023
  bits per byte   2.597
  perplexity      90.02
  measured on     12,000 tokens (30.0 kB of text) in 8 windows of 3 documents
  cut             112 windows of 120 beyond the limit
                  17 tokens of conversations longer than a window`,
  );
  const { html } = loss.picture();
  for (const word of ["nats per token", "standard error", "0.023", "112 windows of 120"]) {
    assert.ok(html!.includes(word), word);
  }
});

Deno.test("a loss of one window of ids says what is unknown, and keeps its numbers as plain data", () => {
  const loss = new LossResult({
    ...facts,
    standardError: undefined,
    bytes: 0,
    windows: 1,
    windowsInAll: 1,
    documents: 1,
    cut: 0,
  });
  assert.match(loss.toString(), /standard error {2}unknown: one window\n/);
  assert.match(loss.toString(), /bits per byte {3}unknown: token ids without their text\n/);
  assert.match(loss.toString(), /in 1 window of 1 document$/);
  assert.equal(loss.error, loss.standardError);
  const { loss: nats, tokens, windows } = JSON.parse(JSON.stringify(loss));
  assert.deepEqual([nats, tokens, windows], [4.5, 12_000, 1]);
});

Deno.test("a measured loss counts the windows and documents that it read", async () => {
  const texts = Array.from({ length: 6 }, (_, i) => ({ text: `the llama hums on hill ${i} `.repeat(4) }));
  const corpus = Dataset.from(texts);
  const tokenizer = await Tokenizer.train(corpus, { vocabSize: 280 });
  using model = await tinyModel({ vocabSize: 280 });
  model.tokenizer = tokenizer;
  const all = await model.loss(corpus);
  assert.deepEqual([all.documents, all.windows], [6, all.windowsInAll]);
  const first = await model.loss(corpus, { limit: 1 });
  const ids = tokenizer.encode(texts[0].text, { bos: true, eos: true }).length;
  assert.ok(ids > 12, "the first document is longer than a window");
  assert.deepEqual([first.documents, first.windows, first.windowsInAll], [1, 1, all.windowsInAll]);
  const talk = Dataset.from([1, 2, 3].map((i) => ({ prompt: `${i}?`, completion: "hum" }))).conversations();
  const folder = await Deno.makeTempDir();
  const rows = talk.tokenize(tokenizer.withTemplate("plain"), { context: 40, dir: folder });
  const prepared = await rows.prepare();
  assert.deepEqual([0, 1, 2, 3].map((n) => prepared.sources[0].documentsIn(n)), [0, 1, 2, 3]);
  prepared.close();
  await Deno.remove(folder, { recursive: true });
});

import assert from "node:assert/strict";
import { ConfigError, DataError, FormatError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { TextClassifier } from "../../../src/data/filters/classifier.ts";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const speeches = () =>
  Dataset.sample("sotu").take(60).map((document) => ({ ...document, text: document.text.slice(0, 3000) }));
const novel = () =>
  Dataset.sample("moby-dick").take(60).map((document) => ({
    ...document,
    text: document.text.slice(0, 3000),
  }));
const tokenizer = new ByteEncoder();

Deno.test("a classifier learns what tells speeches from a novel, and reports texts it did not learn from", async () => {
  const options = { heldOut: 0.3, buckets: 1 << 16 };
  const model = await TextClassifier.train(speeches(), novel(), options);
  assert.ok(model.report.texts > 20 && model.report.accuracy > 0.95, String(model));
  assert.match(String(model), /^Text classifier: \d+\.\d% right of \d+ held-out texts/);
  assert.ok(model.score("Fellow citizens of the Senate and House of Representatives") > 0.5);
  assert.ok(model.score("the whale and the harpooneers in the boat") < 0.5);
  assert.ok(Number.isFinite(model.score("")));
  const again = await TextClassifier.train(speeches(), novel(), options);
  assert.equal(again.fingerprint, model.fingerprint);
  await inFolder(async (folder) => {
    await model.save(`${folder}/model`);
    const loaded = await TextClassifier.load(`${folder}/model`);
    assert.equal(loaded.fingerprint, model.fingerprint);
    assert.deepEqual(loaded.report, model.report);
    await Deno.truncate(`${folder}/model`, 5000);
    assert.ok(await failure(() => TextClassifier.load(`${folder}/model`)) instanceof FormatError);
  });
  const { steps: [, , , step] } = await speeches().quality({ model, min: 0.5 }).stats();
  assert.ok(step.kept > 50, JSON.stringify(step));
  const { steps: [, , , other] } = await novel().quality({ model, min: 0.5 }).stats();
  assert.ok(other.dropped["score below 0.5"] > 50, JSON.stringify(other));
  assert.ok(await failure(() => TextClassifier.train([], novel())) instanceof DataError);
  assert.throws(
    () => novel().quality({ model: {} as TextClassifier }),
    /quality\.model: must be a TextClassifier/,
  );
});

Deno.test("a score of exactly the threshold stays", async () => {
  const model = await TextClassifier.train(["a b c"], ["d e f"], { heldOut: 0, buckets: 64 });
  const text = "a b d";
  const min = model.score(text);
  assert.equal((await Dataset.from([{ text }]).quality({ model, min }).toArray()).length, 1);
  assert.equal((await Dataset.from([{ text }]).quality({ model, min: min + 1e-9 }).toArray()).length, 0);
});

Deno.test("text like the training text is less perplexing than shuffled words, and every text has a finite number", async () => {
  const model = await NgramModel.trainOn(novel(), { tokenizer, order: 4 });
  const own = "It was a clear steel-blue day. The firmaments of air and sea were hardly separable";
  const shuffled = own.split(" ").toReversed().join(" ");
  const letters = [...own].sort().join("");
  assert.ok(model.perplexity(own) < model.perplexity(shuffled));
  assert.ok(model.perplexity(shuffled) < model.perplexity(letters));
  for (const text of ["", "灌木", "x", "1\n2\n3"]) {
    assert.ok(model.perplexity(text) > 1 && model.perplexity(text) < 1e6, text);
  }
  assert.equal(model.perplexity("ÀB\nc 19"), model.perplexity("abc 77"));
  await inFolder(async (folder) => {
    const path = `${folder}/model`;
    await model.save(path);
    const loaded = await NgramModel.load(path, { tokenizer });
    assert.equal(loaded.fingerprint, model.fingerprint);
    assert.equal(loaded.perplexity(own), model.perplexity(own));
    const ids = tokenizer.encode(own);
    assert.equal((await NgramModel.load(path)).logProb(ids, 20), model.logProb(ids, 20));
    assert.ok(
      await failure(async () => (await NgramModel.load(path)).perplexity(own)) instanceof ConfigError,
    );
    assert.ok(
      await failure(() => NgramModel.load(path, { tokenizer: new ByteEncoder(300) })) instanceof ConfigError,
    );
    await Deno.truncate(path, 1000);
    assert.ok(await failure(() => NgramModel.load(path, { tokenizer })) instanceof FormatError);
  });
});

Deno.test("after the mark of the beginning the probabilities sum to 1 as well", async () => {
  const model = await NgramModel.trainOn(["abc", "abd", "xyz abc"], { tokenizer, order: 3 });
  for (const context of [[1, 1], [1, 100], [100, 101], [7, 8]]) {
    let sum = 0;
    for (let id = 0; id < model.vocabSize; id++) {
      sum += Math.exp(model.logProb([...context, id], context.length));
    }
    assert.ok(Math.abs(sum - 1) < 1e-9, `after ${context}: ${sum}`);
  }
});

Deno.test("the buckets hold the asked shares, or end at the asked perplexities", async () => {
  const model = await NgramModel.trainOn(novel().take(20), { tokenizer, order: 3 });
  const pages = novel().skip(20);
  const { steps } = await pages.perplexity({ model }).stats();
  const step = steps[steps.length - 1];
  assert.equal(step.notes.head, 12);
  assert.equal(step.notes.middle, 12);
  assert.deepEqual(step.dropped, { tail: 16 });
  const [first] = await pages.perplexity({ model, keep: ["tail"] }).toArray();
  assert.ok(typeof first.meta?.perplexity === "number" && first.meta.bucket === "tail");
  assert.equal((await pages.perplexity({ model, cutoffs: [1, 2] }).toArray()).length, 0);
  assert.throws(() => pages.perplexity({ model, cutoffs: [2, 1] }), /the first must be below the second/);
  assert.throws(() => pages.perplexity({ model: 5 as never }), /perplexity\.model: must be an NgramModel/);
  const plain = pages.perplexity({ model }).lineage.map(({ step }) => step).at(-1)!;
  assert.match(plain, /^perplexity model order 3, keep head middle, quantiles 0\.3 0\.6/);
});

Deno.test("documents that share thirteen words with a benchmark are counted, or dropped", () =>
  inFolder(async (folder) => {
    const words = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `w${from + i}`).join(" ");
    await Deno.writeTextFile(
      `${folder}/b.jsonl`,
      `${JSON.stringify({ q: words(0, 30), a: [{ text: words(100, 109) }] })}\n{"q":"too short"}\nbroken\n`,
    );
    await Deno.writeTextFile(`${folder}/b.tsv`, `id\tsentence\n1\t${words(200, 209)}\n`);
    const documents = [
      `x ${words(5, 18).toUpperCase().replaceAll(" ", ", ")} y`,
      words(5, 17),
      words(40, 90),
      words(199, 220),
    ];
    const dataset = Dataset.from(documents.map((text) => ({ text })));
    const files = [`${folder}/b.jsonl`, `${folder}/b.tsv`];
    const { steps } = await dataset.contamination(files).stats();
    assert.deepEqual(steps[1].notes, {
      "benchmark items": "2",
      "items too short to look for": "1",
      contaminated: 2,
    });
    const kept = await dataset.contamination(files, { drop: true }).toArray();
    assert.deepEqual(kept.map(({ text }) => text), [documents[1], documents[2]]);
    assert.notEqual(
      dataset.contamination(files).fingerprint,
      dataset.contamination(files, { n: 12 }).fingerprint,
    );
  }));

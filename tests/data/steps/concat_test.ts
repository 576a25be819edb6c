import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { datasetOf } from "../../../src/train/recipe_data.ts";
import { ByteEncoder, failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const of = (name: string, count: number) =>
  Dataset.from(Array.from({ length: count }, (_, i) => ({ text: `${name} ${i}` })), { name });
const textsOf = async (dataset: Dataset) => (await dataset.toArray()).map(({ text }) => text);

Deno.test("datasets follow one another, through every verb", () =>
  inFolder(async (folder) => {
    const both = Dataset.concat(of("a", 2), of("b", 3), of("c", 0));
    const texts = ["a 0", "a 1", "b 0", "b 1", "b 2"];
    assert.deepEqual(await textsOf(both), texts);
    assert.deepEqual(await textsOf(both), texts, "read again");
    assert.deepEqual(await textsOf(both.filter(({ text }) => !text.endsWith("1"), { name: "f" }).take(2)), [
      "a 0",
      "b 0",
    ]);
    assert.deepEqual((await both.preview(3).read()).map(({ text }) => text), texts.slice(0, 3));
    const { records, steps } = await both.write(`${folder}/a-*.jsonl`, { shardBytes: 100 });
    assert.equal(records, 5);
    assert.deepEqual(steps.map(({ step, kept }) => [step, kept]), [
      ["from a, records 2", 2],
      ["from b, records 3", 3],
      ["from c, records 0", 0],
      ["concat", 5],
    ]);
    assert.deepEqual(await textsOf(Dataset.jsonl(`${folder}/a-*.jsonl`, { text: "text" })), texts);
    assert.equal(
      String(both),
      [
        "Dataset, with the counts of the last reading",
        "  a",
        "    from a, records 2  2 kept  ████████████",
        "  b",
        "    from b, records 3  3 kept  ████████████",
        "  c",
        "    from c, records 0  0 kept",
        "  ↓ concat             5 kept  ████████████",
      ].join("\n"),
    );
    const prepared = await both.tokenize(new ByteEncoder(), { context: 8, dir: `${folder}/tokens` })
      .prepare();
    assert.equal(prepared.sources[0].documents, 5);
    prepared.close();
    const mixed = Dataset.mix({ x: { from: both, weight: 1 }, y: { from: of("y", 3), weight: 1 } });
    assert.ok((await mixed.stats()).records >= 5);
  }));

Deno.test("a concatenation is known by its parts and their order, and made again from its JSON", async () => {
  const a = of("a", 2);
  const b = of("b", 2);
  const prints = [Dataset.concat(a, b), Dataset.concat(b, a), Dataset.concat(a), Dataset.concat(a, b, b)].map(
    (d) => d.fingerprint,
  );
  assert.equal(new Set(prints).size, 4);
  assert.equal(Dataset.concat(a, b).fingerprint, prints[0]);
  const json = JSON.parse(JSON.stringify(Dataset.concat(a, b.take(1))));
  const again = datasetOf(json, { datasets: { a, b } }) as Dataset;
  assert.deepEqual(await textsOf(again), ["a 0", "a 1", "b 0"]);
});

Deno.test("nothing to join, and what is no dataset, is refused by name", async () => {
  for (const wrong of [[], [of("a", 1), undefined], ["a.txt"]]) {
    const error = await failure(() => Dataset.concat(...wrong as Dataset[]));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /Cannot use Dataset\.concat: it needs one dataset or more/);
  }
});

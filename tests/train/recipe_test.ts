import assert from "node:assert/strict";
import { ConfigError, FormatError } from "../../src/base/errors.ts";
import { Dataset, TextClassifier } from "../../src/data/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import { type DataJSON, datasetOf, type Recipe, trainerOf } from "../../src/train/mod.ts";
import { quiet, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";

/** Makes a dataset from the JSON of `data`. */
const again = (data: { toJSON(): unknown }, parts = {}) =>
  datasetOf(JSON.parse(JSON.stringify(data.toJSON())) as DataJSON, parts);

function long({ text }: { text: string }): boolean {
  return text.length > 5000;
}

Deno.test("a dataset made from its JSON has the same fingerprint, for every reader and step that JSON can hold", async () => {
  await inFolder(async (folder) => {
    const lines = Array.from(
      { length: 9 },
      (_, i) => JSON.stringify({ text: `line ${i}`, prompt: `p ${i}`, completion: "c" }),
    );
    await Deno.writeTextFile(`${folder}/a.jsonl`, lines.join("\n"));
    await Deno.writeTextFile(`${folder}/a.txt`, "one\n\ntwo\n\nthree");
    const sample = Dataset.sample("moby-dick");
    const rows = Dataset.jsonl(`${folder}/a.jsonl`);
    const datasets: Dataset<object>[] = [
      Dataset.text(`${folder}/*.txt`, { by: "paragraph" }),
      Dataset.text(`${folder}/a.txt`, { by: /\n+/ }),
      Dataset.lines(`${folder}/a.txt`),
      Dataset.jsonl(`${folder}/a.jsonl`, { text: "text" }),
      rows.conversations(),
      sample.filter(long).take(9).skip(2).shuffle({ seed: 3 }),
      sample.split({ a: 1 / 3, b: 2 / 3 }, { seed: 5 }).b.split({ c: 0.1 }).c.take(3),
      rows.conversations().split({ a: 0.5, b: 0.5 }).a,
      sample.dedup({ by: "paragraph" }).clean(),
      Dataset.wikipedia(`${folder}/a.txt`, { languages: ["en"] }).take(3),
      Dataset.llama({
        c4: Dataset.c4(`${folder}/a.jsonl`, { languageMin: 0.7 }),
        commonCrawl: Dataset.commonCrawl(`${folder}/a.txt`),
        github: Dataset.github(`${folder}/a.jsonl`),
        books: Dataset.books(`${folder}/a.txt`),
        arxiv: Dataset.arxiv([`${folder}/a.txt`]),
        stackExchange: Dataset.stackExchange(`${folder}/a.txt`),
      }),
      Dataset.mix({
        a: { from: sample, weight: 3 },
        b: { from: Dataset.lines(`${folder}/a.txt`), weight: 1, maxEpochs: 2 },
      }),
    ];
    for (const data of datasets) {
      assert.equal(again(data, { functions: { long } }).fingerprint, data.fingerprint, String(data));
    }
    const named = Dataset.from([{ text: "x" }], { name: "mine" });
    assert.equal(again(named, { datasets: { mine: named } }), named);
  });
});

Deno.test("steps that JSON cannot hold are refused by name, with what to give instead", async () => {
  const pages = Dataset.sample("sotu").take(20);
  const other = Dataset.sample("moby-dick").take(20);
  const classifier = await TextClassifier.train(pages, other, { epochs: 1 });
  const edited = JSON.parse(JSON.stringify(Dataset.wikipedia("x.xml", { languages: ["en"] })));
  edited.call.options.languages = ["de"];
  assert.throws(
    () => datasetOf(edited),
    /the steps of "wikipedia" are not those that Dataset.wikipedia makes/,
  );
  const cases: [Dataset<object>, object, RegExp][] = [
    [
      Dataset.sample("sotu").filter(long),
      {},
      /JSON does not hold filter "long", give it as \{ functions: \{ "long"/,
    ],
    [Dataset.sample("sotu").filter(long), { functions: { lang: long } }, /did you mean "lang"\?/],
    [Dataset.from([{ text: "x" }], { name: "mine" }), {}, /give it as \{ datasets: \{ "mine"/],
    [
      Dataset.commonCrawl("x.wet", { references: classifier }),
      {},
      /"warc" cannot be made from JSON; write its records with dataset\.write/,
    ],
  ];
  for (const [data, parts, message] of cases) {
    assert.throws(
      () => again(data, parts),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
  assert.throws(() => trainerOf({} as Recipe, {} as never), FormatError);
});

Deno.test("a recipe gives back its trainer, for a model of its shape only", async () => {
  using model = await tinyModel({ vocabSize: 330, context: 40 });
  using other = await tinyModel({ vocabSize: 331, context: 40 });
  model.tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(2), { vocabSize: 330 });
  const text = Dataset.sample("moby-dick").take(2);
  const chat = Dataset.from([{ prompt: "p", completion: "c" }], { name: "chat" });
  const trainer = quiet(model, { checkpoint: "runs/x", seed: 9, keep: { best: true } })
    .pretrain(text, {
      tokens: 5000,
      batchTokens: 160,
      learningRate: 2e-3,
      warmup: 7,
      validation: 0.2,
      save: "linear",
    })
    .evaluate({ run: () => Promise.resolve(1) }, { every: 5 })
    .pretrain(text, { epochs: 0.5, documentMask: true, validation: false })
    .instruct(chat.conversations(), {
      template: "llama-2",
      validateEvery: 3,
      validation: chat.conversations(),
    });
  const recipe: Recipe = JSON.parse(JSON.stringify(trainer));
  const parts = { datasets: { chat } };
  const evaluations = [{ run: () => Promise.resolve(1) }];
  assert.deepEqual(JSON.parse(JSON.stringify(trainerOf(recipe, model, { ...parts, evaluations }))), recipe);
  const older = JSON.parse(JSON.stringify(recipe).replaceAll('"validationRequested"', '"heldAsked"'));
  assert.deepEqual(
    JSON.parse(JSON.stringify(trainerOf(older, model, { ...parts, evaluations }))),
    recipe,
    "a recipe with an older name of a setting",
  );
  assert.equal(
    trainerOf(recipe, model, parts).toJSON().stages.length,
    3,
    "an evaluation that the caller does not supply is left out",
  );
  assert.throws(() => trainerOf(recipe, other, parts), /its vocabSize is 331, the recipe's 330/);
  assert.throws(
    () => trainerOf({ ...quiet(model).pretrain(tokens(3), { steps: 2 }).toJSON() }, model),
    /"tokens" cannot be made from JSON/,
  );
});

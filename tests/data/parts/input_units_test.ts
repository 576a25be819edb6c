// Units depend on the input and the plan alone; a step whose result depends on other units is refused by name.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { NgramModel } from "../../../src/data/filters/ngram_model.ts";
import { unitsOf, unitsOfPart } from "../../../src/data/parts/input_units.ts";
import { inFolder } from "../../support/folder.ts";
import { ByteEncoder, failure } from "../fixtures.ts";

Deno.test("every unit has one part, however many parts there are, and parts differ by one unit at most", () => {
  const units = Array.from({ length: 23 }, (_, i) => ({ id: `${(i * 7919) % 100}` }));
  for (const  of of[1, 2, 5, 23, 40]) {
    const parts = Array.from({ length: of }, (_, part) => unitsOfPart(units, { part, of }));
    assert.deepEqual(parts.flat().map(({ id }) => id).sort(), units.map(({ id }) => id).sort());
    const sizes = parts.map(({ length }) => length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
  }
});

Deno.test("files are units, those that a step compares are one, links and hidden files are one for all", () =>
  inFolder(async (folder) => {
    for (const name of ["a", "b", "c", "d", "e"]) {
      await Deno.writeTextFile(`${folder}/${name}.txt`, `text ${name}`);
    }
    await Deno.writeTextFile(`${folder}/.hidden.txt`, "no");
    await Deno.symlink(`${folder}/a.txt`, `${folder}/z.txt`);
    const names = async (dataset: Dataset) =>
      (await unitsOf(dataset.plan)).map(({ files }) =>
        files.map(({ path }) => path.slice(folder.length + 1)).join(" ")
      );
    const all = Dataset.text(`${folder}/`);
    assert.deepEqual(await names(all), ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", ".hidden.txt z.txt"]);
    assert.deepEqual(await names(all.dedup({ scope: 2 })), [
      "a.txt b.txt",
      "c.txt d.txt",
      "e.txt",
      ".hidden.txt z.txt",
    ]);
    assert.match(
      (await failure(() => unitsOf(all.dedup({ scope: 2 }).dedup({ by: "line", scope: 3 }).plan))).message,
      /dedup .*2 files .*compare as many files/,
    );
    const twice = await unitsOf(Dataset.text([`${folder}/a.txt`, `${folder}/?.txt`]).plan);
    assert.equal(new Set(twice.map(({ id }) => id)).size, 7, "a file that two patterns match");
    const again = await unitsOf(all.filter(() => true).plan);
    assert.deepEqual(again.map(({ id }) => id), (await unitsOf(all.plan)).map(({ id }) => id));
  }));

Deno.test("a reader that chooses among its files is refused where there are more than it takes", () =>
  inFolder(async (folder) => {
    for (const site of ["a", "b"]) await Deno.writeTextFile(`${folder}/${site}-Posts.xml`, "<posts></posts>");
    const sites = (count: number) => unitsOf(Dataset.stackExchange(`${folder}/*.xml`, { sites: count }).plan);
    assert.equal((await sites(2)).length, 2);
    assert.match((await failure(() => sites(1))).message, /chooses 1 of 2 files .*name 1 of them at most/);
  }));

Deno.test("large JSON Lines and Parquet files are cut, packed ones and arrays are not", () =>
  inFolder(async (folder) => {
    const rows = Array.from({ length: 100 }, (_, n) => JSON.stringify({ text: `text ${n}` }));
    await Deno.writeTextFile(`${folder}/lines.jsonl`, rows.join("\n"));
    await Deno.writeTextFile(`${folder}/array.jsonl`, `[${rows.join(",\n")}]`);
    await Deno.writeTextFile(`${folder}/text.txt`, rows.join("\n"));
    const ranges = async (dataset: Dataset) =>
      (await unitsOf(dataset.plan, { unitBytes: 600 })).map(({ range }) => range && [range.from, range.to]);
    const size = rows.join("\n").length;
    assert.deepEqual(await ranges(Dataset.jsonl(`${folder}/lines.jsonl`, { text: "text" })), [
      [0, 600],
      [600, 1200],
      [1200, 1800],
      [1800, size],
    ]);
    assert.deepEqual(await ranges(Dataset.jsonl(`${folder}/array.jsonl`, { text: "text" })), [undefined]);
    assert.deepEqual(await ranges(Dataset.text(`${folder}/text.txt`)), [undefined]);
    const grouped = Dataset.jsonl(`${folder}/lines.jsonl`, { text: "text" }).dedup({ scope: 1 });
    assert.deepEqual(await ranges(grouped), [undefined], "its lines are compared with each other");
  }));

Deno.test("steps that look at other units are refused, and the error says what to do instead", async () => {
  const records = Dataset.from([{ text: "Llamas hum." }]);
  const model = await NgramModel.trainOn(records, { tokenizer: new ByteEncoder(), order: 2 });
  const cases: [Dataset, RegExp][] = [
    [records.take(3), /step take count 3 .*take from the joined dataset/],
    [records.skip(3), /skip in the joined dataset/],
    [records.shuffle(), /shuffle the joined dataset/],
    [records.cache(), /leave the step out/],
    [records.dedup(), /DedupJobs/],
    [records.dedup({ by: "near" }), /DedupJobs/],
    [Dataset.mix({ a: { from: records, weight: 1 } }), /mix the joined datasets/],
    [records.perplexity({ model }), /perplexityCutoffs/],
    [records.take(1).filter(() => true), /take from the joined dataset/],
    [Dataset.c4("x.jsonl"), /step spans .*switch it off/],
    [Dataset.from(function* () {}()), /name a version/],
  ];
  for (const [dataset, message] of cases) {
    const error = await failure(() => unitsOf(dataset.plan));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
  const free = records.map((d) => d).filter(() => true).split({ a: 1 }).a.clean().language().quality;
  assert.ok(free);
  await unitsOf(records.perplexity({ model, cutoffs: [1, 2] }).contamination("x.jsonl").plan);
  await unitsOf(Dataset.concat(records, records).plan);
});

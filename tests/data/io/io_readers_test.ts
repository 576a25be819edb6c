import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const chapters = "Front\nmatter\n\nCHAPTER 1. A\nfirst\n\nsecond\n\nCHAPTER 2. B\nthird";

Deno.test("text gives a document a file, in the order of paths and, within a glob, of names", () =>
  inFolder(async (folder) => {
    for (const name of ["b.txt", "a.txt", "c.md"]) {
      await Deno.writeTextFile(`${folder}/${name}`, `text of ${name}`);
    }
    await Deno.mkdir(`${folder}/d.txt`);
    await Deno.writeFile(`${folder}/e.txt.gz`, gzipSync("packed"));
    const read = await Dataset.text([
      `${folder}/c.md`,
      `${folder}/*.txt`,
      new URL(`file://${folder}/e.txt.gz`),
    ]).toArray();
    assert.deepEqual(read.map(({ text }) => text), [
      "text of c.md",
      "text of a.txt",
      "text of b.txt",
      "packed",
    ]);
    assert.deepEqual(read[1], { text: "text of a.txt", source: `${folder}/a.txt`, id: `${folder}/a.txt:1` });
    await Deno.writeTextFile(`${folder}/x[1].txt`, "brackets");
    assert.deepEqual((await Dataset.text(`${folder}/x[1].txt`).toArray()).map(({ text }) => text), [
      "brackets",
    ]);
  }));

Deno.test("text is cut by paragraph or by a pattern, and ids count the pieces", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    await Deno.writeTextFile(path, chapters);
    const read = async (by: "paragraph" | RegExp) =>
      (await Dataset.text(path, { by }).toArray()).map(({ text }) => text);
    assert.deepEqual(await read("paragraph"), [
      "Front\nmatter",
      "CHAPTER 1. A\nfirst",
      "second",
      "CHAPTER 2. B\nthird",
    ]);
    const headed = ["Front\nmatter\n\n", "CHAPTER 1. A\nfirst\n\nsecond\n\n", "CHAPTER 2. B\nthird"];
    assert.deepEqual(await read(/(?=^CHAPTER \d+)/m), headed);
    assert.deepEqual(await read(/^(CHAPTER) \d+\. /m), [
      "Front\nmatter\n\n",
      "A\nfirst\n\nsecond\n\n",
      "B\nthird",
    ]);
    const ids = (await Dataset.text(path, { by: "paragraph" }).toArray()).map(({ id }) => id);
    assert.deepEqual(ids, [1, 2, 3, 4].map((n) => `${path}:${n}`));
  }));

Deno.test("lines count as they stand in the file; blank ones are dropped and counted", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    await Deno.writeTextFile(path, "one\n\n  \nfour\n");
    const lines = Dataset.lines(path);
    assert.deepEqual((await lines.toArray()).map(({ text, id }) => [text, id]), [["one", `${path}:1`], [
      "four",
      `${path}:4`,
    ]]);
    assert.deepEqual((await lines.stats()).steps[0].dropped, { blank: 2 });
  }));

Deno.test("jsonl gives rows, or documents whose other fields are meta", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    const rows = [{ content: "x", n: 1, meta: { url: "u" } }, { content: "y", key: 7, from: "web" }];
    await Deno.writeTextFile(path, rows.map((row) => JSON.stringify(row)).join("\n"));
    assert.deepEqual(await Dataset.jsonl(path).toArray(), rows);
    assert.deepEqual(await Dataset.jsonl(path, { text: "content" }).toArray(), [
      { text: "x", source: path, id: `${path}:1`, meta: { url: "u", n: 1 } },
      { text: "y", source: path, id: `${path}:2`, meta: { key: 7, from: "web" } },
    ]);
    const named = Dataset.jsonl(path, { text: "content", id: "key", source: "from" });
    assert.deepEqual((await named.stats()).steps[0], {
      step: `jsonl ${path}, text content, id key, source from`,
      kept: 1,
      dropped: { unreadable: 1 },
      notes: { "first unreadable": `${path}:1: field key must be a string, current value is undefined` },
      bytes: {},
    });
    const strict = Dataset.jsonl(path, { text: "content", id: "key", broken: "refuse" });
    assert.match((await failure(() => strict.toArray())).message, /a\.jsonl:1: field key must be a string/);
    await Deno.writeTextFile(path, JSON.stringify(rows[1]));
    const [document] = await Dataset.jsonl(path, { text: "content", id: "key", source: "from" }).toArray();
    assert.deepEqual(document, { text: "y", source: "web", id: "7" });
  }));

Deno.test("what cannot be read is refused by name, with advice", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/chapters.txt`, "text");
    await Deno.writeTextFile(`${folder}/empty.txt`, "");
    await Deno.writeTextFile(`${folder}/a.jsonl`, '{"text":6}\n{"text":5}\n');
    const cases: [() => Dataset<unknown>, RegExp][] = [
      [() => Dataset.text(`${folder}/chapter.txt`), /there is no such file, did you mean chapters\.txt\?/],
      [() => Dataset.text(`${folder}/nowhere/zzz`), /there is no such file, looked in /],
      [() => Dataset.text(`${folder}/*.csv`), /no file matches it, looked in /],
      [() => Dataset.jsonl(folder), /it is a folder, name its files, such as .*\/\*\.txt/],
      [() => Dataset.text([]), /the list of paths is empty/],
      [() => Dataset.text(`${folder}/empty.txt`), /it is empty, check that the path is right/],
      [() => Dataset.lines(`${folder}/empty.txt`), /it is empty/],
      [
        () => Dataset.jsonl(`${folder}/a.jsonl`, { text: "text" }),
        /a\.jsonl:1: field text must be a string, current value is 6; no other record can be read either/,
      ],
      [
        () => Dataset.text("s3://bucket/a.txt"),
        /only files, http\(s\):\/\/ and hf:\/\/ can be read, download it first/,
      ],
    ];
    for (const [dataset, message] of cases) {
      const error = await failure(() => dataset().toArray());
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
    }
    const label = await failure(() => Dataset.lines("a", { encoding: "utf-9" }));
    assert.match(
      label.message,
      /Dataset\.lines\.encoding: must be a label of the Encoding standard, such as latin1, current value is "utf-9"/,
    );
    const unknown = await failure(() => Dataset.text("a", { bye: "file" } as unknown as { by: "file" }));
    assert.ok(unknown instanceof ConfigError);
    assert.match(unknown.message, /Dataset\.text\.bye: unknown option, did you mean "by"\?/);
  }));

Deno.test("reading is cold: a reader for a missing file is made, shown and chained without touching it", () => {
  const dataset = Dataset.text("no/such/*.txt", { by: "paragraph" }).filter(({ text }) => text.length > 3, {
    name: "long",
  });
  assert.equal(String(dataset), "Dataset\n  text no/such/*.txt, by paragraph\n  ↓ filter long");
  assert.deepEqual(JSON.parse(JSON.stringify(dataset)), {
    op: "filter",
    name: "long",
    from: [{ op: "text", paths: ["no/such/*.txt"], by: "paragraph" }],
  });
  assert.equal("then" in dataset, false);
});

Deno.test("options of CSV that cannot be meant are refused by name", async () => {
  const cases: [Parameters<typeof Dataset.csv>[1], RegExp][] = [
    [{ encoding: "utf-9" }, /Dataset\.csv\.encoding: must be a label of the Encoding standard/],
    [{ delimiter: "\n" }, /Dataset\.csv\.delimiter: must be no line end/],
    [{ quote: "\r" }, /Dataset\.csv\.quote/],
    [{ delimiter: '"' }, /delimiter and quote must be two characters/],
    [{ separator: "'", quote: "'" }, /delimiter and quote must be two characters/],
  ];
  for (const [options, message] of cases) {
    const error = await failure(() => Dataset.csv("a.csv", options));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
  assert.ok(Dataset.csv("a.csv", { delimiter: '"', quote: false }));
});

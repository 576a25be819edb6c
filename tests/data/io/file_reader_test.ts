import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { failure } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 2654435761 >>> 13) & 255);
const wet = (text: string) =>
  `WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: ${text.length}\r\n\r\n${text}\r\n\r\n`;
const xml = (rows: string) => `<?xml version="1.0"?><posts>${rows}</posts>`;

/** A good file of each reader, a damaged one, and the number of records of the good one. */
const readers: Record<
  string,
  [string, (paths: string[], options: object) => Dataset<unknown>, string, Uint8Array]
> = {
  text: ["txt", Dataset.text, "text", noise],
  lines: ["txt.gz", Dataset.lines, "text", gzipSync("text").subarray(0, 20)],
  jsonl: [
    "jsonl.zst",
    Dataset.jsonl,
    '{"text":"x"}',
    zstdCompressSync(new TextEncoder().encode("x")).fill(9, 4),
  ],
  csv: ["csv", Dataset.csv, "a,b\n1,2\n", new TextEncoder().encode("a,a\n1,2\n")],
  parquet: ["parquet", Dataset.parquet, "", noise],
  commonCrawl: [
    "warc.wet",
    (p, o) => Dataset.commonCrawl(p, { groups: false, language: false, leastCharacters: 0, ...o }),
    wet("T\nA page"),
    noise,
  ],
  c4: [
    "jsonl",
    (p, o) => Dataset.c4(p, { rules: false, language: false, spans: false, ...o }),
    '{"text":"x"}',
    noise,
  ],
  books: ["txt", (p, o) => Dataset.books(p, { overlap: false, ...o }), "A book", noise],
  github: [
    "js",
    (p, o) => Dataset.github(p, { licenses: false, ...o }),
    "export const tea = measure(water);\n",
    noise,
  ],
  wikipedia: [
    "xml",
    Dataset.wikipedia,
    "<mediawiki><page><title>T</title><id>1</id><revision><text>Some words.</text></revision></page></mediawiki>",
    noise,
  ],
  arxiv: ["tex", Dataset.arxiv, "\\section{A} Some words.", Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3)],
  stackExchange: [
    "xml",
    Dataset.stackExchange,
    xml('<row Id="1" PostTypeId="1" Title="T" Body="&lt;p&gt;B&lt;/p&gt;" />'),
    noise,
  ],
};

for (const [name, [extension, read, good, bad]] of Object.entries(readers)) {
  Deno.test(`${name}: a damaged file ends no reading; onBroken: throw ends it by name`, () =>
    inFolder(async (folder) => {
      if (name === "parquet") {
        const { parquetWriteBuffer } = await import("hyparquet-writer");
        const columnData = [{ name: "n", data: [1, 2], type: "INT32" as const }];
        await Deno.writeFile(`${folder}/b.${extension}`, new Uint8Array(parquetWriteBuffer({ columnData })));
      } else {
        const bytes = new TextEncoder().encode(good);
        await Deno.writeFile(`${folder}/b.${extension}`, extension.endsWith("gz") ? gzipSync(bytes) : bytes);
      }
      await Deno.writeFile(`${folder}/a.${extension}`, bad);
      const paths = ["a", "b"].map((file) => `${folder}/${file}.${extension}`);
      const rejects = `${folder}/rejects.jsonl`;
      const { records, steps: [{ dropped, notes }] } = await read(paths, {}).write(`${folder}/out.jsonl`, {
        rejects,
      });
      assert.ok(records > 0);
      const count = Object.values(dropped).reduce((sum, times) => sum + times, 0);
      assert.ok(count > 0, JSON.stringify(dropped));
      assert.match(Object.entries(notes).find(([note]) => note.startsWith("first "))![1] as string, /\/a\./);
      const written = (await Deno.readTextFile(rejects)).trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(written.length, count);
      assert.ok(written.every(({ record }) => record.file.includes("/a.")));
      const error = await failure(() => read(paths, { onBroken: "throw" }).toArray());
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, /\/a\./);
      const none = await failure(() => read(paths.slice(0, 1), {}).toArray());
      assert.ok(none instanceof DataError, "a file without any record is refused");
    }));
}

Deno.test("files that may not be read are an error, not a count", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a.txt`, "text");
    const texts = Dataset.text([`${folder}/a.txt`]);
    assert.equal((await texts.toArray()).length, 1);
    await Deno.remove(`${folder}/a.txt`);
    await Deno.mkdir(`${folder}/sub`);
    assert.match((await failure(() => texts.toArray())).message, /there is no such file/);
  }));

Deno.test("blank texts of documents are dropped, those of rows stay", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    await Deno.writeTextFile(path, '{"id":1,"text":""}\n{"id":2,"text":"x"}\n');
    assert.deepEqual(await Dataset.jsonl(path).toArray(), [{ id: 1, text: "" }, { id: 2, text: "x" }]);
    assert.equal((await Dataset.jsonl(path, { text: "text" }).toArray()).length, 1);
    await Deno.writeTextFile(`${folder}/a.csv`, "id,text\n1,\n");
    assert.deepEqual(await Dataset.csv(`${folder}/a.csv`).toArray(), [{ id: "1", text: "" }]);
  }));

Deno.test("long integers keep their digits as ids, in rows, in splits and when they are written", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    const ids = ["9007199254740993", "9007199254740992"];
    await Deno.writeTextFile(path, ids.map((id, i) => `{"text":"${i}","id":${id}}\n`).join(""));
    assert.deepEqual((await Dataset.jsonl(path).toArray()).map(({ id }) => id), ids);
    const documents = Dataset.jsonl(path, { text: "text", id: "id" });
    assert.deepEqual((await documents.toArray()).map(({ id }) => id), ids);
    await documents.write(`${folder}/out.jsonl`);
    assert.deepEqual((await Dataset.jsonl(`${folder}/out.jsonl`).toArray()).map(({ id }) => id), ids);
    assert.deepEqual((await Dataset.jsonl(path).cache().toArray()).map(({ id }) => id), ids);
    const { meta } = (await Dataset.jsonl(path, { text: "text" }).toArray())[0];
    assert.deepEqual(meta, { id: ids[0] });
  }));

Deno.test("bytes are no JSON: a write refuses them by field, and rejects show their length", () =>
  inFolder(async (folder) => {
    const rows = Dataset.from([{ n: 1, image: Uint8Array.of(1, 2, 3) }]);
    assert.match(
      (await failure(() => rows.write(`${folder}/a.jsonl`))).message,
      /its field image holds bytes; turn them into text or leave them out with map/,
    );
    await rows.filter(() => false, { name: "none" }).write(`${folder}/a.jsonl`, {
      rejects: `${folder}/r.jsonl`,
    });
    assert.deepEqual(JSON.parse(await Deno.readTextFile(`${folder}/r.jsonl`)).record, {
      n: 1,
      image: "3 bytes",
    });
  }));

Deno.test("records that stand on one line have ids of their own", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await Deno.writeTextFile(path, '[{"text":"a"},{"text":"b"},\n{"text":"c"}]');
    const expected = [`${path}:1`, `${path}:1.2`, `${path}:2`];
    assert.deepEqual((await Dataset.jsonl(path, { text: "text" }).toArray()).map(({ id }) => id), expected);
    const books = await Dataset.books(path, { overlap: false, gutenberg: false }).toArray();
    assert.deepEqual(books.map(({ id }) => id), expected);
  }));

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { DataError } from "../../../src/base/errors.ts";
import { findCsv } from "../../../src/formats/records/csv.ts";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { findJsonl } from "../../../src/formats/records/jsonl.ts";
import { findLines, maxLineBytes, readLines } from "../../../src/formats/records/lines.ts";
import { all, failure } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a line with a wrong byte is one problem, and the others are read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    await Deno.writeFile(path, Uint8Array.of(...bytes("one\n灌"), 0xff, ...bytes("\nthree\r\n"), 0xe9));
    const found = await all(findLines(path));
    assert.deepEqual(found.map((item) => isBrokenRecord(item) ? item.problem.slice(0, 15) : item.value), [
      "one",
      "not valid utf-8",
      "three",
      "not valid utf-8",
    ]);
    assert.deepEqual(found.map(({ line }) => line), [1, 2, 3, 4]);
    const error = await failure(() => all(readLines(path)));
    assert.ok(error instanceof DataError);
    assert.match(error.message, /a\.txt:2: Cannot read the line: it is not valid utf-8, name its encoding/);
    assert.deepEqual((await all(readLines(path, { encoding: "latin1" }))).length, 4);
    await Deno.writeFile(path, new Uint8Array(new Uint16Array([0x61, 10, 0x6f0a]).buffer));
    assert.deepEqual(await all(readLines(path, { encoding: "utf-16le" })), ["a", "漊"]);
  }));

Deno.test("a line beyond the limit is passed over, not held", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.txt.gz`;
    const long = new Uint8Array(maxLineBytes + 300_000).fill(120);
    await Deno.writeFile(path, gzipSync(Uint8Array.of(...bytes("one\n")), {}));
    const file = await Deno.open(path, { append: true });
    for (const part of [long, bytes("\ntwo\n"), long]) await file.write(gzipSync(part, { level: 1 }));
    file.close();
    const found = await all(findLines(path));
    assert.deepEqual(found.map((item) => isBrokenRecord(item) ? item.problem : item.value), [
      "one",
      "longer than 64 MiB",
      "two",
      "longer than 64 MiB",
    ]);
  }));

Deno.test("a broken row of JSON Lines is one problem with its line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.jsonl`;
    await Deno.writeTextFile(path, '{"a":1}\n{"a":\n\n[2]\n{"a":3}');
    const found = await all(findJsonl(path));
    assert.deepEqual(found.map(({ line }) => line), [1, 2, 4, 5]);
    assert.deepEqual(found.map((item) => isBrokenRecord(item) ? item.text : item.value), [
      { a: 1 },
      '{"a":',
      "[2]",
      {
        a: 3,
      },
    ]);
    await Deno.writeFile(path, Uint8Array.of(...bytes('{"a":1}\n{"a":"'), 0xe9, ...bytes('"}\n')));
    const [, latin] = await all(findJsonl(path));
    assert.ok(isBrokenRecord(latin));
    assert.match(latin.problem, /^not valid utf-8, convert the file, such as by `iconv/);
  }));

Deno.test("CSV: quotes, separators, line ends and empty fields", () =>
  inFolder(async (folder) => {
    const read = async (name: string, text: string, separator?: string) => {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      return await all(findCsv(`${folder}/${name}`, { separator }));
    };
    assert.deepEqual(await read("a.csv", 'a,b,c\r\n1,"x, ""y""\r\nz",\n\n"",,"3"\n'), [
      { value: { a: "1", b: 'x, "y"\r\nz', c: "" }, line: 2 },
      { value: { a: "", b: "", c: "3" }, line: 5 },
    ]);
    assert.deepEqual(await read("a.tsv", "a\tb\nx,y\tz"), [{ value: { a: "x,y", b: "z" }, line: 2 }]);
    assert.deepEqual(await read("a.txt", "a;b\n1;2", ";"), [{ value: { a: "1", b: "2" }, line: 2 }]);
    const problems = (await read("b.csv", 'a,b\n1\n"x"y,2\n3,4\n"open,5\n')).map((item) =>
      isBrokenRecord(item) ? `${item.line} ${item.problem}` : item.value
    );
    assert.deepEqual(problems, [
      "2 a record of 1 fields, expected 2",
      "3 a misplaced quote",
      { a: "3", b: "4" },
      "5 a quote that is not closed within 1000 lines",
    ]);
    const named = await all(findCsv(`${folder}/a.txt`, { separator: ";", columns: ["x", "y"] }));
    assert.deepEqual(named.map((item) => isBrokenRecord(item) || item.value), [{ x: "a", y: "b" }, {
      x: "1",
      y: "2",
    }]);
    assert.match((await failure(() => read("c.csv", "a,a\n1,2"))).message, /c\.csv:1: .*names "a" twice/);
  }));

import assert from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import { isBrokenRecord } from "../../../src/formats/record_or_error.ts";
import { findJsonl } from "../../../src/formats/records/jsonl.ts";
import { all } from "../../data/fixtures.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("objects are read in every layout, with the lines on which they begin", () =>
  inFolder(async (folder) => {
    const a = { a: 1 };
    const b = { b: { c: ["x}"] } };
    const cases: [string, string, [object, number][]][] = [
      ["lines", '{"a":1}\n{"b":{"c":["x}"]}}\n', [[a, 1], [b, 2]]],
      ["an array", '[{"a":1},\n{"b":{"c":["x}"]}}]', [[a, 1], [b, 2]]],
      ["a pretty array", JSON.stringify([a, b], null, 2), [[a, 2], [b, 5]]],
      ["pretty objects", `${JSON.stringify(a, null, 2)}\n${JSON.stringify(b, null, 4)}`, [[a, 1], [b, 4]]],
      ["one behind another", '{"a":1}{"b":{"c":["x}"]}}', [[a, 1], [b, 1]]],
      ["two files joined without a line end", '{"a":1}\n{"a":1}{"a":1}\n', [[a, 1], [a, 2], [a, 2]]],
      ["marks", '\uFEFF{"a":1}\n\uFEFF{"a":1}\n', [[a, 1], [a, 2]]],
      ["a mark before an array", '\uFEFF[{"a":1}]', [[a, 1]]],
      ["CRLF", '{"a":1}\r\n{"a":1}\r\n', [[a, 1], [a, 2]]],
    ];
    for (const [name, text, expected] of cases) {
      for (const path of [`${folder}/a.json`, `${folder}/a.jsonl.zst`]) {
        const bytes = new TextEncoder().encode(text);
        await Deno.writeFile(path, path.endsWith("zst") ? zstdCompressSync(bytes) : bytes);
        const found = await all(findJsonl(path));
        assert.deepEqual(
          found.map((item) => [isBrokenRecord(item) ? item : item.value, item.line]),
          expected,
          name,
        );
      }
    }
    const wide = Uint16Array.from('\uFEFF{"a":1}\n{"a":2}\n', (c) => c.charCodeAt(0));
    await Deno.writeFile(`${folder}/a.json`, new Uint8Array(wide.buffer));
    assert.deepEqual(
      (await all(findJsonl(`${folder}/a.json`))).map((item) => "value" in item && item.value),
      [
        { a: 1 },
        { a: 2 },
      ],
    );
  }));

Deno.test("an array on one line longer than the longest line is read object by object", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    const rows = Array.from({ length: 700 }, (_, i) => ({ i, text: "x".repeat(1 << 17) }));
    await Deno.writeTextFile(path, JSON.stringify(rows));
    let count = 0;
    for await (const found of findJsonl(path)) if (!isBrokenRecord(found) && found.value.i === count) count++;
    assert.equal(count, rows.length);
  }));

Deno.test("what is no object is broken, each by itself", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a.json`;
    const read = async (text: string | Uint8Array) => {
      await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
      return (await all(findJsonl(path))).map((item) => isBrokenRecord(item) ? `${item.line} !` : item.value);
    };
    assert.deepEqual(await read('{"a":\n{"a":1}\n[2]\n{"a":3}'), ["1 !", { a: 1 }, "3 !", { a: 3 }]);
    assert.deepEqual(await read('[1, "x",\n{"a":1}, {"a":'), ["1 !", "1 !", { a: 1 }, "2 !"]);
    assert.deepEqual(await read("[]"), []);
    const bytes = new TextEncoder().encode('[{"a":"?"},{"a":"b"}]');
    bytes[7] = 0xff;
    assert.deepEqual(await read(bytes), ["1 !", { a: "b" }]);
    assert.deepEqual(await read('[{"a":"\uFFFD"}]'), [{ a: "\uFFFD" }], "a mark that the file holds itself");
  }));

// Ranges that meet hold every line once, with its number, wherever the borders lie. The oracle is the file as a whole.
import assert from "node:assert/strict";
import { findJsonl, jsonlRanges } from "../../../src/formats/records/jsonl.ts";
import { linesBefore, readLineRange } from "../../../src/formats/records/line_range.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { inFolder } from "../../support/folder.ts";

const texts = [
  "",
  "\n",
  "a",
  "a\n",
  "a\nbc\n\ndef\r\nüü\n\n\nlast",
  `${"x".repeat(3_000_000)}\nshort\n${"y".repeat(2_000_000)}\n`,
];

Deno.test("the lines of all ranges of a size are the file, and each range begins at its line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.txt`;
    for (const text of texts) {
      await Deno.writeTextFile(path, text);
      const bytes = new TextEncoder().encode(text);
      const sizes = bytes.length < 100 ? [1, 2, 3, 5, 7, 100] : [1 << 20, 1_500_001, 3_000_001, 3_000_002];
      for (const size of sizes) {
        const parts: Uint8Array[] = [];
        for (let from = 0; from < bytes.length; from += size) {
          const range = { from, to: Math.min(bytes.length, from + size) };
          const own = await Array.fromAsync(readLineRange(path, range));
          const before = concat(parts);
          if (own.length) {
            const lines = before.filter((byte) => byte === 10).length;
            assert.equal(await linesBefore(path, from), lines, `${text.length} ${size} ${from}`);
          }
          parts.push(...own);
        }
        assert.deepEqual(concat(parts), bytes, `${text.length} ${size}`);
      }
    }
  }));

Deno.test("records of ranges have the numbers of their lines, broken ones too", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x.jsonl`;
    const lines = Array.from(
      { length: 50 },
      (_, n) => n % 7 === 3 ? "broken" : JSON.stringify({ n, text: "ü".repeat(n) }),
    );
    await Deno.writeTextFile(path, `\uFEFF${lines.join("\r\n")}`);
    const whole = await Array.fromAsync(findJsonl(path));
    for (const bytes of [100, 333, 1000]) {
      const ranges = await jsonlRanges(path, bytes);
      assert.ok(ranges.length > 2);
      const found = [];
      for (const range of ranges) found.push(...await Array.fromAsync(findJsonl(path, range)));
      assert.deepEqual(found, whole);
    }
    assert.deepEqual(await jsonlRanges(path, 1 << 20), []);
    await Deno.writeFile(
      path,
      new Uint8Array(Uint16Array.from(`\uFEFF{"a":1}\n{"a":2}\n`, (c) => c.charCodeAt(0)).buffer),
    );
    assert.deepEqual(await jsonlRanges(path, 10), [], "UTF-16");
  }));

import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { keyValues, table, textWidth } from "../../src/display/mod.ts";

Deno.test("a table of objects: union of keys, numbers right, one number of decimals a column", () => {
  const rows = [
    { source: "books", weight: 0.7, documents: 123456, kept: true },
    { source: "code", weight: 12.25, documents: 7, note: "a\nb" },
  ];
  assert.equal(
    table(rows, { title: "Mixture", note: "one pass" }).text,
    [
      "Mixture",
      "source  weight  documents  kept  note",
      "─────────────────────────────────────",
      "books     0.70    123,456  yes",
      "code     12.25          7        a b",
      "one pass",
    ].join("\n"),
  );
});

Deno.test("a table of columns takes its own formats and alignments", () => {
  const grid = {
    columns: [{ name: "task" }, { name: "score", format: (v: unknown) => `<${v}>` }],
    rows: [["piqa", 1], ["boolq", 22]],
  };
  const picture = table(grid, { align: { task: "right", score: "center" } });
  assert.equal(picture.text, " task  score\n────────────\n piqa   <1>\nboolq  <22>");
  assert.match(picture.html!, /<td style="text-align:center;padding:2px 10px">&lt;22&gt;<\/td>/);
});

Deno.test("whole numbers are grouped, but for years, seeds and ids", () => {
  const { text } = table([{ year: 2023, seed: 1234, documents: 1721 }]);
  assert.equal(text.split("\n").at(-1), "2023  1234      1,721");
});

Deno.test("numbers too far apart for common decimals keep their own digits", () => {
  assert.equal(table([{ x: 0.00002 }, { x: 300.5 }]).text, "       x\n────────\n2.000e-5\n   300.5");
});

Deno.test("no rows, no columns, missing and odd values", () => {
  assert.equal(table([]).text, "(no rows)");
  assert.equal(table({ columns: [{ name: "a" }], rows: [] }).text, "a\n─\n(no rows)");
  const odd = table([{ v: null }, { v: undefined }, { v: NaN }, { v: 1n }, { v: [1, 2] }, {
    v: new Date(0),
  }]);
  assert.equal(odd.text.split("\n").slice(2).join("|"), "||NaN|1|[1,2]|1970-01-01T00:00:00.000Z");
});

Deno.test("wide characters and long text stay aligned", () => {
  const lines = table([{ text: "灌木", n: 1 }, { text: "x".repeat(200), n: 22 }, { text: "e\u0301", n: 3 }])
    .text.split("\n");
  assert.equal(new Set(lines.filter((_, i) => i !== 0).map(textWidth)).size, 1);
  assert.match(lines[3], /^x{59}… {2}22$/);
});

Deno.test("no value can inject HTML or move the cursor", () => {
  const evil = `<img src=x onerror="alert('1')">&\x1b[2J\r\0`;
  const pictures = [table([{ [evil]: evil }], { title: evil, note: "n" }), keyValues(evil, [[evil, evil]])];
  for (const { html } of pictures) {
    assert.doesNotMatch(html!, /<img/);
    assert.match(html!, /&lt;img src=x onerror=&quot;alert\(&#39;1&#39;\)&quot;&gt;&amp;/);
  }
  for (const { text } of pictures) assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u);
});

Deno.test("a huge value is cut", () => {
  assert.ok(table([{ text: "é😀".repeat(1e6) }]).html!.length < 1000);
});

Deno.test("an unknown option is refused by name", () => {
  assert.throws(
    () => table([], { titel: "x" } as object),
    (e) => e instanceof ConfigError && /titel.*did you mean "title"/.test(e.message),
  );
});

Deno.test("keyValues aligns values and indents their further lines", () => {
  assert.equal(
    keyValues("Model", [["dim", "64"], ["parameters", "1.23M\nin 9 tensors"]]).text,
    "Model\n  dim         64\n  parameters  1.23M\n              in 9 tensors",
  );
});

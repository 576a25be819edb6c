import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { keyValues, table, textWidth } from "../../src/display/mod.ts";
import { unpainted } from "../../src/display/terminal.ts";

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

/** Rows as reports have them: words, numbers with units, notes, CJK, emoji, and a word without an end. */
const report = [
  {
    task: "natural_questions",
    model: "llama-7b on 2 of 4 devices",
    metric: "exact match, nats per token",
    value: "66.7%",
    "95% interval": "[20.8%, 93.9%]",
    n: 1721,
    protocol: "64-shot, greedy, at most 256 tokens, stopped at the first line break",
  },
  {
    task: "灌木は夏に緑になる。とても長い日本語の課題名です",
    model: "👩‍🔬 ✅ e\u0301",
    metric: "accuracy",
    value: "1.0%",
    "95% interval": "",
    n: 12,
    protocol: "x".repeat(90),
  },
];

for (const width of [20, 40, 60, 80, 120, 200]) {
  Deno.test(`a table at ${width} columns fits, its columns stay aligned and its numbers whole`, () => {
    const text = table(report, {
      align: { value: "right", "95% interval": "right" },
      title: "Scores of two models, a title with words",
      note: "a note ".repeat(30),
    }).terminal!(unpainted, width);
    const lines = text.split("\n");
    for (const line of lines) assert.ok(textWidth(line) <= width, `${textWidth(line)}: ${line}`);
    for (const whole of ["66.7%", "[20.8%, 93.9%]", "1,721"]) {
      assert.ok(
        width === 20 ? text.includes(whole.slice(0, 5)) : lines.some((line) => line.includes(whole)),
        whole,
      );
    }
    const rules = lines.flatMap((line, i) => /^─+$/.test(line) ? [i] : []);
    assert.ok(width < 200 || rules.length === 1, "one block in a wide terminal");
    for (const at of rules) assert.ok(lines[at - 1].startsWith("task"), lines[at - 1]);
  });
}

Deno.test("a table at 60 columns, character by character", () => {
  const rows = [
    { step: "language", kept: 75_123, why: "not English: 24,877 of all pages" },
    { step: "C4 rules", kept: 9, why: "words ".repeat(40).trim() },
  ];
  assert.equal(
    table(rows).terminal!(unpainted, 40),
    [
      "step        kept  why",
      "─".repeat(40),
      "language  75,123  not English: 24,877 of",
      "                  all pages",
      "C4 rules       9  words words words",
      "                  words words words",
      "                  words words words wor…",
    ].join("\n"),
  );
  assert.equal(table(rows.slice(0, 1)).terminal!(unpainted, 200).split("\n").length, 3);
});

Deno.test("columns without room stand in a block below, after the first column", () => {
  const row = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`column ${i}`, 1000 + i]));
  const text = table([{ model: "a", ...row }]).terminal!(unpainted, 40);
  const heads = text.split("\n").filter((_, i, all) => /^─+$/.test(all[i + 1] ?? ""));
  assert.ok(heads.length > 1 && heads.every((head) => head.startsWith("model")), text);
  for (let i = 0; i < 9; i++) assert.ok(text.includes(`1,00${i}`));
});

Deno.test("wide characters stay aligned", () => {
  const rows = [{ text: "灌木", n: 1 }, { text: "✅ 🇩🇪 😀", n: 22 }, { text: "e\u0301 각", n: 3 }];
  const lines = table(rows).text.split("\n");
  assert.equal(new Set(lines.slice(1).map(textWidth)).size, 1);
  assert.deepEqual(["灌木", "✅", "🇩🇪", "😀", "e\u0301", "각"].map(textWidth), [4, 2, 2, 2, 1, 2]);
});

Deno.test("a table in a terminal has a bold head, facts have pale names, and no text of others is obeyed", () => {
  const paint = (text: string, style: string) => `<${style}>${text}</>`;
  const evil = "a\x1b[2Jb";
  const lines = table([{ [evil]: evil }], { title: evil, note: evil }).terminal!(paint).split("\n");
  assert.deepEqual(lines, [
    "<bold>a [2Jb</>",
    "<bold>a [2Jb</>",
    "<dim>──────</>",
    "a [2Jb",
    "<dim>a [2Jb</>",
  ]);
  assert.equal(keyValues("", [[evil, evil]]).terminal!(paint), "  <dim>a [2Jb</>  a [2Jb");
});

Deno.test("facts wrap between words, and a path stays whole", () => {
  const path = "/a/very/long/path/that/is/longer/than/the/line.jsonl";
  assert.equal(
    keyValues("", [["data", `many words of a value in ${path}`]]).terminal!(unpainted, 30),
    ["  data  many words of a value", "        in", `        ${path}`].join("\n"),
  );
  assert.equal(keyValues("", [["data", path.repeat(3)]]).text, `  data  ${path.repeat(3)}`);
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

import assert from "node:assert/strict";
import { entryLines, wrapLines } from "../../src/display/entries.ts";

Deno.test("text is broken at spaces and keeps its own line breaks", () => {
  assert.deepEqual(wrapLines("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapLines("one\ntwo", 20), ["one", "two"]);
});

Deno.test("a text stands beside its name, and under a name that is wider than its column", () => {
  const entries = [
    { name: "ab", text: "the first of them, which needs two lines" },
    { name: "abcdefgh", facts: "a fact", text: "x" },
  ];
  assert.deepEqual(entryLines(entries, { columns: 40, left: 6 }), [
    "  ab    the first of them, which needs",
    "        two lines",
    "  abcdefgh",
    "        a fact",
    "        x",
  ]);
});

Deno.test("where few columns are left the text stands under its name", () => {
  assert.deepEqual(entryLines([{ name: "ab", text: "one two" }], { columns: 11, left: 6 }), [
    "  ab",
    "      one",
    "      two",
  ]);
});

Deno.test("names and facts are painted, and their looks take no columns", () => {
  const paint = (text: string, style: string) => `<${style}>${text}</${style}>`;
  const [first, second] = entryLines([{ name: "ab", facts: "f", text: "x" }], {
    columns: 60,
    left: 6,
    paint,
  });
  assert.equal(first, "  <bold>ab</bold>    <dim>f</dim>");
  assert.equal(second, "        x");
});

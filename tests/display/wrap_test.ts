import assert from "node:assert/strict";
import { wrap, wrapEntries } from "../../src/display/wrap.ts";

Deno.test("text is broken at spaces, and a word that is too wide has a line of its own", () => {
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrap("a wonderfully b", 4), ["a", "wonderfully", "b"]);
  assert.deepEqual(wrap("one\ntwo", 20), ["one", "two"]);
});

Deno.test("the width counts terminal columns, not characters", () => {
  assert.deepEqual(wrap("灌木 灌木", 8), ["灌木", "灌木"]);
  assert.deepEqual(wrap("灌木 灌木", 9), ["灌木 灌木"]);
});

Deno.test("a text stands beside its name, and under a name that is wider than its column", () => {
  const entries = [["ab", "the first of them, which needs two lines"], ["abcdefgh", "x"]] as const;
  assert.deepEqual(wrapEntries(entries, { columns: 40, left: 6 }), [
    "  ab    the first of them, which needs",
    "        two lines",
    "  abcdefgh",
    "        x",
  ]);
});

Deno.test("where few columns are left the text stands under its name", () => {
  assert.deepEqual(wrapEntries([["ab", "one two three"]], { columns: 14, left: 6 }), [
    "  ab",
    "      one two",
    "      three",
  ]);
});

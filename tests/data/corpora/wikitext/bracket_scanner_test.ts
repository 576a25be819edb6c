import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

Deno.test("brackets in each other, over lines and beside braces", () => {
  const cases: [string, string][] = [
    ["{{Box\n | a = {{b|{{c}}}}\n | d = [[e|f]] }}\n'''Text'''", "Text"],
    ["{{nowrap|{{lang|fr|[[mot|le {{small|mot}}]]}}}}", "le mot"],
    ["{{nowrap|a{b|c}d}} {{nowrap|{{{x|y}}}}}", "a{b y"],
    ["x {|y|} z", "x {|y|} z"],
    ["{|\n| a {{t|\n| b\n}}\n|}\nc", "c"],
    ["{{t|\n{|\n| a\n|}\n}}b", "b"],
    ["\\frac{{a}}{b}", "\\frac{b}"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});

Deno.test("brackets nested a hundred thousand deep end without a stack overflow, and are counted", () => {
  const deep = 100_000;
  for (
    const [open, close] of [["{{a|", "}}"], ["[[a|", "]]"], ["{{{a|", "}}}"], ["{|\n", "\n|}\n"], [
      "{{[[",
      "]]}}",
    ]]
  ) {
    const notes: string[] = [];
    const text = plainWikitext(
      `before ${open.repeat(deep)}x${close.repeat(deep)}\n after`,
      (what) => void notes.push(what),
    );
    assert.match(text, /^before/, open);
    assert.match(text, /after$/, open);
    assert.ok(notes.length > 0, open);
  }
});

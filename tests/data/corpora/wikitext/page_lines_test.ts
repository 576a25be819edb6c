import assert from "node:assert/strict";
import { plainWikitext } from "../../../../src/data/corpora/wikitext.ts";

Deno.test("headings without text below them go, others stay with their parents", () => {
  const cases: [string, string][] = [
    ["text\n== References ==\n{{reflist}}\n== See also ==\n* [[a]]", "text\n\nSee also\n\na"],
    ["== A ==\n=== B ===\n=== C ===\ntext", "A\n\nC\n\ntext"],
    ["== A ==\n== B ==\n=== C ===\n==== D ====\ntext", "B\n\nC\n\nD\n\ntext"],
    ["a\n== Links ==\n[[Category:x]]\n[[File:y.jpg|z]]", "a"],
    ["==A== <!-- c -->\nb\n=H=\n", "A\n\nb"],
    ["== ''A'' {{small|b}} ==\ntext", "A b\n\ntext"],
    ["a == b\n==", "a == b\n=="],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});

Deno.test("lines with a space in front are code and stay as they are", () => {
  const code = " def f( ):\n \n     return  ( ) , 1\n # x";
  assert.equal(plainWikitext(`${code}\n\ntext`), `${code}\n\ntext`);
  assert.equal(plainWikitext(`text\n${code}`), `text\n${code}`);
  assert.equal(plainWikitext(" [[File:x.jpg]]\ntext"), "text");
  assert.equal(plainWikitext("a<br/> b\n: c"), "a\nb\nc");
});

Deno.test("spaces and parentheses are tidied where something was removed, and nowhere else", () => {
  const cases: [string, string][] = [
    ["a ( {{x}}, {{y}} ) b", "a b"],
    ["a ({{x}}, b) c ({{x}}) .", "a (b) c."],
    ["a (b; {{x}}) c", "a (b) c"],
    ["a {{x}} , b {{x}}. c", "a, b. c"],
    ["a () b ( ) c , d (;) e", "a () b ( ) c , d (;) e"],
    ["a, {{x}}, b", "a, b"],
    ["* {{x}}, {{y}}\n* a", "a"],
    ["a {{x}} {{y}} b", "a b"],
    ["(({{x}})) a", "a"],
    ["mot {{x}} ; suite {{x}}; fin", "mot ; suite; fin"],
    ["a   b\tc\u00a0d", "a b c d"],
  ];
  for (const [markup, text] of cases) assert.equal(plainWikitext(markup), text, markup);
});

Deno.test("switches go, other words between underscores stay", () => {
  assert.equal(
    plainWikitext("__NOTOC__a __FILE__ __init__ __TOC__\n__KEIN_INHALTSVERZEICHNIS__\nb"),
    "a __FILE__ __init__\n\nb",
  );
});

import assert from "node:assert/strict";
import { expandMacros } from "../../../../src/data/corpora/latex/tex_macros.ts";

Deno.test("macros of every kind are expanded where they are used", () => {
  const cases: [string, string][] = [
    ["\\newcommand{\\R}{\\mathbb{R}}$\\R^n$", "$\\mathbb{R}^n$"],
    ["\\newcommand\\foo{bar} \\foo{} \\foo, \\food", " bar bar, \\food"],
    ["\\newcommand{\\p}[2][x]{#1+#2}\\p{a} \\p[y]{b} \\p c", "x+a y+b x+c"],
    ["\\def\\a{1}\\def\\ab{2}\\a \\ab \\abc", "1 2 \\abc"],
    ["\\def\\f#1#2{<#1,#2>}\\f{a}{b} \\f xy", "<a,b> <x,y>"],
    ["\\newcommand{\\x}{\\y!}\\newcommand{\\y}{z}\\x", "z!"],
    ["\\newcommand*{\\v}[1]{\\mathbf{#1}}\\v{x} \\v{ {a} }", "\\mathbf{x} \\mathbf{ {a} }"],
    [
      "\\DeclareMathOperator{\\tr}{tr}\\DeclareMathOperator*{\\am}{arg}\\tr \\am",
      "\\operatorname{tr} \\operatorname*{arg}",
    ],
    ["\\let\\phi\\varphi $\\phi$", " $\\varphi$"],
    ["\\def\\a{1}\\a\\renewcommand{\\a}{2}\\a", "12"],
    ["\\providecommand{\\q}{Q}\\q", "Q"],
    ["\\newcommand{\\long}{one\n  {two}\n}\\long", "one\n  {two}\n"],
    ["\\newcommand{\\a}{\\alpha}\\a b", "\\alpha b"],
    ["\\newcommand{\\a}{\\alpha}\\a{}b", "\\alpha b"],
    ["\\newcommand{\\never}{closed", "\\newcommand{\\never}{closed"],
    ["100\\% \\{x\\}", "100\\% \\{x\\}"],
  ];
  for (const [tex, expected] of cases) assert.equal(expandMacros(tex), expected, tex);
});

Deno.test("macros that never end, or that miss their arguments, stay; both are counted", () => {
  const notes = new Map<string, number>();
  const note = (what: string, times = 1) => void notes.set(what, (notes.get(what) ?? 0) + times);
  assert.equal(expandMacros("\\def\\foo#1.{x#1}\\foo a", note), "\\foo a");
  assert.ok(expandMacros("\\def\\a{x\\a}\\a", note).length < 2e6);
  assert.ok(expandMacros("\\def\\a{\\a\\a}\\a", note).length < 2e7);
  assert.ok(expandMacros("\\def\\a#1{\\b{#1#1}}\\def\\b#1{\\a{#1#1}}\\a{xx}", note).length < 2e7);
  assert.equal(notes.get("macros without their arguments"), 1);
  assert.ok(notes.get("macros that never end")! > 0);
});

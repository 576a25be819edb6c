import assert from "node:assert/strict";
import { resolveInputs, rootOf } from "../../../../src/data/corpora/latex/tex_inputs.ts";

Deno.test("inputs of the root file are put in their places, circular ones once", () => {
  const files = new Map([
    ["sec/one.tex", "one \\input{two}"],
    ["two.tex", "two \\input{main}"],
    [
      "main.tex",
      "\\documentclass{x}\n\\begin{document}\n\\input{sec/one} % \\input{no}\n\\include{two}\n\\input missing\nend",
    ],
    ["style.tex", "\\documentclass{y}"],
  ]);
  assert.equal(rootOf(files), "main.tex");
  const text = resolveInputs("main.tex", files);
  assert.equal(
    text.replace(/\s+/g, " "),
    "\\documentclass{x} \\begin{document} one two % \\input{no} two end",
  );
});

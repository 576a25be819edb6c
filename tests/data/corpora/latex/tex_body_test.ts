import assert from "node:assert/strict";
import { bodyOf, withoutBibliography } from "../../../../src/data/corpora/latex/tex_body.ts";

Deno.test("the body begins with the first heading of any form and ends with the document", () => {
  const cases: [string, string | undefined][] = [
    [
      "\\documentclass{a}\\begin{document}abstract\\section{One}text\\end{document}after",
      "\\section{One}text",
    ],
    ["\\begin{document}x\\section*{A}b", "\\section*{A}b"],
    ["x\\section[s]{A {b} c}d", "\\section[s]{A {b} c}d"],
    ["x\\paragraph{P}y", "\\paragraph{P}y"],
    ["\\title{x}\\begin{document}only an abstract\\end{document}", undefined],
    ["\\sectionmark{x}", undefined],
    ["\\section{in the preamble}\\begin{document}\\section{A}b", "\\section{A}b"],
  ];
  for (const [tex, expected] of cases) assert.equal(bodyOf(tex), expected, tex);
});

Deno.test("the bibliography is removed, the text behind it stays, appendices are removed on request", () => {
  const tex = "text\\begin{thebibliography}{9}\\bibitem{a}B\\end{thebibliography}\\appendix\\section{A}more";
  assert.equal(withoutBibliography(tex), "text\\appendix\\section{A}more");
  assert.equal(withoutBibliography(tex, { appendix: true }), "text");
  assert.equal(
    withoutBibliography("x\\bibliographystyle{p}\\bibliography{a,b}y\\printbibliography[title=R]z"),
    "xyz",
  );
  assert.equal(withoutBibliography("x\\begin{references}never closed"), "x");
});

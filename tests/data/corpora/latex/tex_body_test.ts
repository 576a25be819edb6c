import assert from "node:assert/strict";
import { bodyOf, documentOf, withoutBibliography } from "../../../../src/data/corpora/latex/tex_body.ts";

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

Deno.test("examples of documents, verbatim text and definitions are no borders of the document", () => {
  const cases: [string, string][] = [
    [
      "\\begin{document}a\\begin{verbatim}\\end{document}\\end{verbatim}b\\end{document}c",
      "a\\begin{verbatim}\\end{document}\\end{verbatim}b",
    ],
    [
      "\\begin{document}a\\begin{x}\\begin{document}b\\end{document}\\end{x}c\\end{document}d",
      "a\\begin{x}\\begin{document}b\\end{document}\\end{x}c",
    ],
    ["\\begin{document}\\def\\e{\\end{document}}a\\end{document}b", "\\def\\e{\\end{document}}a"],
    ["\\begin{document}{a\\end{document}b", "{a"],
    ["\\begin{document}a \\verb|\\end{document}| b", "a \\verb|\\end{document}| b"],
    ['\\begin{document}a "\\end{document}" b\\end{document}c', 'a "\\end{document}" b'],
    ["\\begin {document}a\\end {document}b", "a"],
    ["plain text\\bye more", "plain text"],
    ["plain text\\end more", "plain text"],
    ["\\document ams\\enddocument more", " ams"],
    ["no borders", "no borders"],
  ];
  for (const [tex, expected] of cases) assert.equal(documentOf(tex), expected, tex);
});

Deno.test("headings in verbatim text begin nothing, those of other formats do", () => {
  const cases: [string, string | undefined][] = [
    ["\\begin{document}\\verb|\\section{no}| x\\section{A}b", "\\section{A}b"],
    ["x\\\\section{no}", undefined],
    ["\\document x\\head A\\endhead b\\enddocument", "\\head A\\endhead b"],
    ["x\\beginsection A\\par b\\bye", "\\beginsection A\\par b"],
    ["x\\addchap{A}b", "\\addchap{A}b"],
  ];
  for (const [tex, expected] of cases) assert.equal(bodyOf(tex), expected, tex);
});

Deno.test("bibliographies of every kind go, their names in verbatim text stay", () => {
  const cases: [string, string][] = [
    ["a\\begin{bibdiv}\\begin{biblist}x\\end{biblist}\\end{bibdiv}b", "ab"],
    ["a\\Refs x\\endRefs b", "a b"],
    ["\\verb|\\bibliography{x}| \\bibliography{x}", "\\verb|\\bibliography{x}| "],
    ["\\bibliographyx{y}", "\\bibliographyx{y}"],
  ];
  for (const [tex, expected] of cases) assert.equal(withoutBibliography(tex), expected, tex);
});

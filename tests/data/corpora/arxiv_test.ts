import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { Dataset } from "../../../src/data/dataset.ts";
import {
  bodyOf,
  resolveInputs,
  rootOf,
  withoutBibliography,
  withoutComments,
} from "../../../src/data/corpora/latex.ts";
import { expandMacros } from "../../../src/data/corpora/latex_macros.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { all } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("comments go with their line end, as TeX reads them", () => {
  const cases: [string, string][] = [
    ["a % b\nc", "a c"],
    ["a% b\n   c", "ac"],
    ["% whole line\nnext", "next"],
    ["a\n  % whole line\nb", "a\n  b"],
    ["10\\% of\nit", "10\\% of\nit"],
    ["x \\\\% comment\ny", "x \\\\y"],
    ["\\verb|50%| % c\nz", "\\verb|50%| z"],
    ["\\url{http://x/a%20b} t", "\\url{http://x/a%20b} t"],
    ["\\begin{verbatim}\n% kept\n\\end{verbatim}", "\\begin{verbatim}\n% kept\n\\end{verbatim}"],
    ["a\n\\begin{comment}\nno\n\\end{comment}\nb", "a\n\nb"],
    ["end %", "end "],
    ["a %\n\nb", "a \n\nb"],
    ["\\begin{verbatim} % never closed\nx", "\\begin{verbatim} x"],
  ];
  for (const [tex, expected] of cases) assert.equal(withoutComments(tex), expected, tex);
});

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

Deno.test("macros with delimited arguments stay, and macros that never end are cut off; both are counted", () => {
  const notes = new Map<string, number>();
  const note = (what: string, times = 1) => void notes.set(what, (notes.get(what) ?? 0) + times);
  assert.equal(expandMacros("\\def\\foo#1.{x#1}\\foo a.", note), "\\foo a.");
  assert.ok(expandMacros("\\def\\a{x\\a}\\a", note).length < 2e6);
  assert.ok(expandMacros("\\def\\a{\\a\\a}\\a", note).length < 2e7);
  assert.ok(expandMacros("\\def\\a#1{\\b{#1#1}}\\def\\b#1{\\a{#1#1}}\\a{xx}", note).length < 2e7);
  assert.equal(notes.get("macros with delimited arguments"), 1);
  assert.ok(notes.get("macros that never end")! > 0);
});

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

const main =
  "\\documentclass{a}\n\\newcommand{\\me}{Ahab}\n\\begin{document}\nAbstract.\n\\section{Sea}\n\\me{} sails. % hidden\n\\bibliography{x}\n\\end{document}";

async function archive(entries: Record<string, Uint8Array | string>): Promise<Uint8Array> {
  const pack = tar.pack();
  for (const [name, bytes] of Object.entries(entries)) pack.entry({ name }, bytes as string);
  pack.finalize();
  return concat(await all(pack as AsyncIterable<Uint8Array>));
}

Deno.test("papers come out of arXiv's archives: projects, single files, old and new names; PDFs and broken ones are counted", () =>
  inFolder(async (folder) => {
    const project = await archive({ "main.tex": main, "fig.png": "x", "sub/unused.tex": "\\section{no}" });
    const latin = Uint8Array.from(gzipSync(Uint8Array.from("\\section{Caf\xe9}x", (c) => c.charCodeAt(0))));
    const tarFile = await archive({
      "2302/2302.13971.gz": gzipSync(project),
      "2302/hep-th9901001.gz": latin,
      "2302/2302.00002.gz": gzipSync("%PDF-1.4 x"),
      "2302/2302.00003.pdf": "%PDF-1.4",
      "2302/2302.00004.gz": gzipSync("no heading at all"),
      "2302/2302.00005.gz": gzipSync(project).subarray(0, 60),
    });
    await Deno.writeFile(`${folder}/arXiv_src_2302_001.tar`, tarFile);
    const arxiv = Dataset.arxiv(`${folder}/arXiv_src_2302_001.tar`);
    const documents = await arxiv.toArray();
    assert.deepEqual(documents.map(({ id, text }) => [id, text]), [
      ["2302.13971", "\\section{Sea}\nAhab sails."],
      ["hep-th/9901001", "\\section{Café}x"],
    ]);
    assert.equal(documents[0].meta?.url, "https://arxiv.org/abs/2302.13971");
    const steps = (await arxiv.stats()).steps;
    assert.deepEqual(steps.map(({ step, dropped }) => [step.split(" /")[0], dropped]), [
      ["arxiv", { unreadable: 1 }],
      ["comments", {}],
      ["macros", {}],
      ["before the first section", { "no section": 1 }],
      ["bibliography", {}],
    ]);
    assert.equal(steps[0].notes["papers without source"], 2);
    await Deno.writeTextFile(`${folder}/one.tex`, main);
    const raw = await Dataset.arxiv(`${folder}/one.tex`, { comments: false, macros: false, head: false })
      .toArray();
    assert.match(raw[0].text, /newcommand[\s\S]*Abstract[\s\S]*% hidden/);
    await Deno.writeFile(`${folder}/project.tar.gz`, gzipSync(project));
    assert.equal(
      (await Dataset.arxiv(`${folder}/project.tar.gz`).toArray())[0].text,
      "\\section{Sea}\nAhab sails.",
    );
  }));

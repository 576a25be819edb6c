import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { Dataset } from "../../../src/data/dataset.ts";
import { concat } from "../../../src/formats/bytes.ts";
import { all } from "../fixtures.ts";
import { inFolder } from "../../support/folder.ts";

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
      ["2302.00004", "no heading at all"],
    ]);
    assert.equal(documents[0].meta?.url, "https://arxiv.org/abs/2302.13971");
    const steps = (await arxiv.stats()).steps;
    assert.deepEqual(steps.map(({ step, dropped }) => [step.split(" /")[0], dropped]), [
      ["arxiv", { unreadable: 1 }],
      ["comments", {}],
      ["macros", {}],
      ["before the first section", {}],
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

Deno.test("what does not come through is counted and named: lost inputs, other main files, withdrawn papers, PDFs", () =>
  inFolder(async (folder) => {
    const project = await archive({
      "main.tex":
        "\\documentclass{a}\\usepackage{own}\\begin{document}\\section{A} \\input{a} \\input{lost} \\R\\end{document}",
      "a.tex": "AAA\n",
      "own.sty": "\\newcommand{\\R}{\\mathbb{R}}",
      "supplement.tex": "\\documentclass{a}\\begin{document}x\\end{document}",
      "figure.pdf": "%PDF-1.4",
    });
    await Deno.writeFile(
      `${folder}/arXiv_src_2302_001.tar`,
      await archive({
        "2302/2302.00001.gz": gzipSync(project),
        "2302/2302.00002.gz": gzipSync(
          "%auto-ignore\nThis paper has been withdrawn by the author due to an error.",
        ),
        "2302/2302.00003v2.gz": gzipSync("%!TEX program = xelatex\n\\section{A}b"),
        "2302/2302.00004.gz": gzipSync("%!PS-Adobe-2.0"),
        "2302/2302.00005.pdf": "%PDF-1.4",
      }),
    );
    const arxiv = Dataset.arxiv(`${folder}/arXiv_src_2302_001.tar`);
    await arxiv.write(`${folder}/out.jsonl`, { rejects: `${folder}/rejects.jsonl` });
    const { steps } = await arxiv.stats();
    assert.deepEqual(steps[0].dropped, { withdrawn: 1 });
    assert.deepEqual(steps[0].notes, { "other main files": 1, "lost inputs": 1, "papers without source": 2 });
    const lines = (path: string) =>
      Deno.readTextFileSync(path).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines(`${folder}/out.jsonl`).map(({ id, text }) => [id, text]), [
      ["2302.00001", "\\section{A} AAA  \\mathbb{R}"],
      ["2302.00003", "\\section{A}b"],
    ]);
    assert.deepEqual(lines(`${folder}/rejects.jsonl`).map(({ reason, record }) => [reason, record.text]), [
      ["other main files", "2302/2302.00001.gz: supplement.tex"],
      ["lost inputs", "2302/2302.00001.gz: \\input{lost}"],
      ["withdrawn", "%auto-ignore\nThis paper has been withdrawn by the author due to an error."],
      ["papers without source", "2302/2302.00004.gz"],
      ["papers without source", "2302/2302.00005.pdf"],
    ]);
  }));

Deno.test("papers without a section are kept and counted, or dropped", () =>
  inFolder(async (folder) => {
    const path = `${folder}/note.tex`;
    await Deno.writeTextFile(path, "\\documentclass{a}\\begin{document}A short note.\\end{document}");
    const kept = Dataset.arxiv(path);
    assert.deepEqual((await kept.toArray()).map(({ text }) => text), ["A short note."]);
    assert.equal((await kept.stats()).steps[3].notes["papers without a section"], 1);
    const dropped = await Dataset.arxiv(path, { noSection: "drop" }).stats();
    assert.deepEqual(dropped.steps[3].dropped, { "no section": 1 });
  }));

Deno.test("a .tex file reads its inputs from its folder, never from outside it; packed papers need no archive", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/paper/parts`, { recursive: true });
    await Deno.writeTextFile(`${folder}/secret.tex`, "secret");
    await Deno.symlink(`${folder}/secret.tex`, `${folder}/paper/link.tex`);
    await Deno.writeTextFile(`${folder}/paper/parts/a.tex`, "AAA \\input{parts/b}");
    await Deno.writeTextFile(`${folder}/paper/parts/b.tex`, "BBB");
    const tex = "\\section{A} \\input{parts/a} \\input{../secret} \\input{link}.";
    await Deno.writeTextFile(`${folder}/paper/main.tex`, tex);
    const dataset = Dataset.arxiv(`${folder}/paper/main.tex`);
    assert.equal((await dataset.toArray())[0].text, "\\section{A} AAA BBB  .");
    assert.equal((await dataset.stats()).steps[0].notes["lost inputs"], 2);
    const project = await archive({ "main.tex": "\\section{A}\\input{b}", "b.tex": "BBB" });
    await Deno.writeFile(`${folder}/2302.00001.gz`, gzipSync(project));
    const [paper] = await Dataset.arxiv(`${folder}/2302.00001.gz`).toArray();
    assert.deepEqual([paper.id, paper.text], ["2302.00001", "\\section{A}BBB"]);
  }));

Deno.test("verbatim text goes byte by byte through all steps", () =>
  inFolder(async (folder) => {
    const code = [
      "\\verb|\\R % x|",
      "\\begin{verbatim}\n\\R  % x\n\n\n\\end{document}\n\\bibliography{x}\n\\end{verbatim}",
      "\\begin{lstlisting}[language=C]\n\tint i; % \\R\n\n\n\\begin{comment}\n\\end{lstlisting}",
      "\\lstinline|i % 2|",
      "\\mintinline{c}{i % \\R}",
      "\\begin{minted}{python}\nx = 5 % 2\n\n\n# \\iffalse\n\\end{minted}",
    ].join("\n");
    const tex =
      `\\documentclass{a}\\newcommand{\\R}{\\mathbb{R}}\n\\begin{document}\\section{A}\n${code}\n\\R\\end{document}`;
    await Deno.writeTextFile(`${folder}/a.tex`, tex);
    const [{ text }] = await Dataset.arxiv(`${folder}/a.tex`).toArray();
    assert.equal(text, `\\section{A}\n${code}\n\\mathbb{R}`);
  }));

Deno.test("inputs beside a .tex file: names with blanks, in quotes, and relative to an imported file", () =>
  inFolder(async (folder) => {
    const files = {
      "a.tex":
        '\\begin{document}\\section{S} \\input{"b c"} \\input "d e" \\input{f g} \\subimport{s/}{h}\\end{document}',
      "b c.tex": "BC",
      "d e.tex": "DE",
      "f g.tex": "FG",
      "s/h.tex": "H \\input{i}",
      "s/i.tex": "I",
    };
    await Deno.mkdir(`${folder}/s`);
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    const [{ text }] = await Dataset.arxiv(`${folder}/a.tex`).toArray();
    assert.equal(text.replace(/\s+/g, " "), "\\section{S} BC DE FG H I");
  }));

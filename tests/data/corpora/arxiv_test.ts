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

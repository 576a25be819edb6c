/**
 * Writes papers as arXiv gives their sources: a tar archive with a packed file or project per paper.
 *
 * The dirt: preambles, comments, macros of the authors, bibliographies; a PDF without source and a withdrawn paper.
 *
 * @module
 */
import type { Draw } from "../draw.ts";
import { gzip, put, tar } from "../files.ts";
import type { World } from "../world.ts";
import type { Writer } from "../world/paragraphs.ts";
import { drawExercise, exerciseTypes } from "../world/exercises.ts";
import { drawSum } from "../world/sums.ts";
import type { Planted } from "./common_crawl.ts";

const size = { small: 16, full: 56 } as const;

/** Writes the archive and returns what was planted. */
export async function writeArxiv(folder: string, world: World, draw: Draw, writer: Writer): Promise<Planted> {
  const files: Record<string, Uint8Array> = {};
  const papers = world.small ? size.small : size.full;
  for (let i = 0; i < papers; i++) {
    const name = `2301/2301.${String(i + 1).padStart(5, "0")}`;
    const { main, second } = paper(draw, world, writer, i);
    const project = tar({ "main.tex": main, "method.tex": second, "main.bbl": bibliography });
    files[`${name}.gz`] = await gzip(i % 3 === 0 ? project : main.replace("\\input{method}", () => second));
  }
  files["2301/2301.90001.pdf"] = new TextEncoder().encode("%PDF-1.5 no source\n");
  files["2301/2301.90002.gz"] = await gzip(
    "\\documentclass{article}\n\\begin{document}\nThis paper has been withdrawn by the author.\n\\end{document}\n",
  );
  files["2301/hep-th0101001.gz"] = await gzip(
    `\\documentclass{article}\n\\begin{document}\n${writer.sentences("sum").join(" ")}\n\\end{document}\n`,
  );
  await put(`${folder}/arXiv_src_2301_001.tar`, tar(files));
  return { "papers without source": 1, "withdrawn": 1, "papers without a section": 1 };
}

const bibliography =
  "\\begin{thebibliography}{1}\n\\bibitem{a} A. Finch, On Counting, 1999.\n\\end{thebibliography}\n";

/** Writes a paper; its second part is a file of its own in a project. */
function paper(draw: Draw, world: World, writer: Writer, i: number): { main: string; second: string } {
  const [town] = draw.some(world.towns, 1);
  const thing = draw.one(["goats", "boats", "jugs", "owls", "walls"]);
  const text = () => writer.sentences().join(" ");
  const main = String.raw`\documentclass{article}
\usepackage{amsmath}
% draft ${i}, do not share
\newcommand{\place}{${town.name}}
\newcommand{\numberof}[1]{the number of #1}
\title{Counting ${thing}, part ${i}}
\begin{document}
\maketitle
\begin{abstract}
We count ${thing}.
\end{abstract}
\section{Introduction}
We study \numberof{${thing}} in \place. % is this enough?
${text()}
${text()}

\section{Sums}
\input{method}
\section{Results}
${text()} In \place{} we find \numberof{${thing}} again. ${text()}
${i % 4 === 0 ? "\\appendix\n\\section{Tables}\nThe tables are long.\n" : ""}
\begin{thebibliography}{1}
\bibitem{a} A. Finch, On Counting, 1999.
\end{thebibliography}
\end{document}
`;
  return { main, second: sums(draw, world) };
}

/** Writes sums as formulas, in the words of a textbook. */
function sums(draw: Draw, world: World): string {
  return Array.from({ length: 8 }, () => {
    if (draw.chance(0.6)) {
      const { problem, solution, answer } = drawExercise(draw, draw.one(exerciseTypes), false);
      const end = draw.chance(0.5) ? ` The final answer is $${answer}$.` : "";
      return `${problem} ${solution}${draw.chance(0.5) ? `\\boxed{${answer}}` : answer}$.${end}`;
    }
    const { story, question, calculation, answer } = drawSum(draw, world, false);
    const formula = calculation.replace("*", "\\cdot");
    return draw.one([
      `${story} ${question} We have $${formula}$.`,
      `${story} Since $${formula}$, the answer is $${answer}$.`,
    ]);
  }).join("\n\n");
}

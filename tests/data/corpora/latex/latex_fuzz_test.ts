import assert from "node:assert/strict";
import { bodyOf, documentOf, withoutBibliography } from "../../../../src/data/corpora/latex/tex_body.ts";
import { withoutComments } from "../../../../src/data/corpora/latex/tex_comments.ts";
import { resolveInputs } from "../../../../src/data/corpora/latex/tex_inputs.ts";
import { expandMacros } from "../../../../src/data/corpora/latex/tex_macros.ts";

const paper = String.raw`\documentclass{article}
\newcommand{\R}{\mathbb{R}} % reals
\newcommand{\norm}[2][2]{\|#2\|_{#1}}
\def\pair<#1,#2>{(#1;#2)}
\newif\ifdraft \draftfalse
\newenvironment{claim}[1]{\textbf{Claim #1.}\begin{quote}}{\end{quote}}
\NewDocumentCommand{\set}{s m}{\IfBooleanTF{#1}{\left\{#2\right\}}{\{#2\}}}
\let\eps\varepsilon
\begin{document}
\input{part}
\section{Norms} Let $x \in \R^n$, $\norm{x}$ and $\norm[1]{\norm{y}}$. \ifdraft secret \else open \fi
\begin{claim}{1} For $\eps > 0$: $\pair<a,{b,c}>$, \set*{x}. \end{claim}
\begin{verbatim}
\R % kept

|
\end{verbatim}
\verb|\R%| \url{http://x/a%20b} {\def\R{R} $\R$} \iffalse gone \fi
\begin{thebibliography}{9}\bibitem{a}A.\end{thebibliography}
\end{document}
`.repeat(3);
const bits = [
  "{",
  "}",
  "\\",
  "%",
  "\n\n",
  "[",
  "]",
  "#1",
  "\\def\\x",
  "\\newcommand{\\R}[1]{\\R",
  "\\begin{verbatim}",
]
  .concat([
    "\\end{verbatim}",
    "\\iffalse",
    "\\fi",
    "\\else",
    "\\verb|",
    "\\edef\\R{\\R\\R}",
    "\\end{document}",
    "\\let",
  ])
  .concat([
    "\\begin{claim}",
    "\\end{claim}",
    "\\input{part}",
    "\\csname",
    "\\long",
    "$",
    "\\url{",
    "\\MakeShortVerb|",
  ]);

Deno.test("a thousand damaged papers end in a text of at most twice their length", () => {
  let seed = 13;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 2147483648 * below);
  };
  for (let run = 0; run < 1000; run++) {
    let text = paper;
    for (let i = random(40); i >= 0; i--) {
      const at = random(text.length);
      const kind = random(3);
      const piece = kind === 0
        ? bits[random(bits.length)].repeat(1 + random(10))
        : kind === 1
        ? text.slice(at, at + random(200))
        : "";
      const from = kind === 1 ? random(text.length) : at;
      text = text.slice(0, from) + piece + text.slice(from + (kind === 2 ? random(30) : 0));
    }
    const files = new Map([["main.tex", text], ["part.tex", "part \\input{main} \\R\n"]]);
    const whole = resolveInputs("main.tex", files);
    assert.ok(whole.length <= text.length * 2 + 100);
    const plain = withoutComments(whole);
    assert.ok(plain.length <= whole.length);
    const expanded = expandMacros(plain);
    assert.ok(expanded.length <= Math.max(plain.length * 2, plain.length + 4096), text);
    assert.ok(withoutBibliography(bodyOf(expanded) ?? documentOf(expanded)).length <= expanded.length);
  }
});

import assert from "node:assert/strict";
import { withoutComments } from "../../../../src/data/corpora/latex/tex_comments.ts";

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

Deno.test("verbatim text of every kind keeps its comment signs", () => {
  for (
    const tex of [
      "\\verb|50%|",
      "\\verb*+a %b+",
      "\\verb!{%!",
      "\\lstinline|i % 2|",
      "\\lstinline[language=C]{a % {b} % c}",
      "\\lstinline!a%!",
      "\\mintinline{c}|x%y|",
      "\\mintinline[a=b]{c}{x%y}",
      "\\mint{c}!%!",
      "\\Verb|a%b|",
      "\\SaveVerb{x}|a%b|",
      "\\url{http://x/a%20b}",
      "\\url|a%b|",
      "\\href{http://x/%41}{label}",
      "\\path{a%b}",
      "\\nolinkurl{a%b}",
      "10\\%",
      "\\begin{verbatim}\n  %a\n\n\n%b\n\\end{verbatim}",
      "\\begin{verbatim*}\n%a\n\\end{verbatim*}",
      "\\begin{lstlisting}[language=C]\n%a\n\\end{lstlisting}",
      "\\begin{minted}{python}\n%a\n\\end{minted}",
      "\\begin{Verbatim}[x=y]\n%a\n\\end{Verbatim}",
      "\\begin{alltt}\n%a\n\\end{alltt}",
      "\\lstnewenvironment{py}{}{}\\begin{py}\n%a\n\\end{py}",
      "\\DefineVerbatimEnvironment{v}{Verbatim}{}\\begin{v}\n%a\n\\end{v}",
      "\\newminted{c}{}\\begin{ccode}\n%a\n\\end{ccode}",
      "\\newenvironment{v}{\\small\\verbatim}{\\endverbatim}\\begin{v}\n%a\n\\end{v}",
      "\\newcommand{\\code}{\\lstinline}\\code|a%b|",
      "\\newcommand{\\py}{\\mintinline{python}}\\py|a%b|",
      "\\let\\code=\\verb \\code|a%b|",
      "\\MakeShortVerb{\\|}|a%b|",
      "\\MakeShortVerb*\\!!a%b!",
      "\\lstMakeShortInline[a=b]|x|a%b|",
    ]
  ) assert.equal(withoutComments(`${tex}% c\nz`), `${tex}z`);
});

Deno.test("a comment sign in other text begins a comment", () => {
  const cases: [string, string][] = [
    ["\\MakeShortVerb{\\|}\\DeleteShortVerb{\\|}|a%b|", "\\MakeShortVerb{\\|}\\DeleteShortVerb{\\|}|a"],
    ["\\newcommand{\\home}{\\url{a}}\\home|a%b|", "\\newcommand{\\home}{\\url{a}}\\home|a"],
    ["\\path (0,0) -- (1,1); % c\nx", "\\path (0,0) -- (1,1); x"],
    ["\\verbatiminput{a}%c\nx", "\\verbatiminput{a}x"],
    ["\\verb|a\n%b|", "\\verb|a\n"],
    ["\\excludecomment{note}a\\begin{note}x\\end{note}b", "\\excludecomment{note}ab"],
    [
      "\\newenvironment{hide}{\\comment}{\\endcomment}\\begin{hide}x\\end{hide}b",
      "\\newenvironment{hide}{\\comment}{\\endcomment}b",
    ],
  ];
  for (const [tex, expected] of cases) assert.equal(withoutComments(tex), expected, tex);
});

// LaTeX typesets each text and its result alike, blanks between words aside.
Deno.test("branches that are never read go, with nesting; a condition that braces cut stays whole", () => {
  const cases: [string, string][] = [
    ["a\n\\iffalse\nb \\iftrue c\\fi\n\\else d\\fi\ne", "a\nd\ne"],
    ["a\n\\iffalse\nb\n\\fi\nc", "a\nc"],
    ["a\n\n\\iffalse\nb\n\\fi\n\nc", "a\n\n\nc"],
    ["a \\iffalse b \\ifx\\a\\b c\\else d\\fi e\\fi f", "a f"],
    ["\\iftrue a\\else b\\fi c", "a c"],
    ["$a \\iff b$ \\iffalse c \\iff d\\fi e", "$a \\iff b$ e"],
    ["a \\iffalse { b\\fi c", "a c"],
    ["\\ifnum1=0 a\\else b\\fi{} c", "b{} c"],
    ["\\ifnum 2>1\\relax a\\fi{} c", "\\relax a{} c"],
    ["\\if0 x\\fi y\\if1 z\\fi", "y"],
    ["\\iffalse \\ifthenelse{a}{b}{c} x\\fi y", "y"],
    ["\\iffalse % \\fi\nx\\fi y", "y"],
    ["\\def\\x{\\iffalse} a \\fi b", "\\def\\x{\\iffalse} a \\fi b"],
    ["\\let\\ifx\\iffalse a \\newif\\iffalsey b", "\\let\\ifx\\iffalse a \\newif\\iffalsey b"],
    ["\\iffalse never closed", "\\iffalse never closed"],
    ["\\ifdraft a\\else b\\fi c", "\\ifdraft a\\else b\\fi c"],
    ["\\verb|\\iffalse| a \\verb|\\fi|", "\\verb|\\iffalse| a \\verb|\\fi|"],
  ];
  for (const [tex, expected] of cases) assert.equal(withoutComments(tex), expected, tex);
});

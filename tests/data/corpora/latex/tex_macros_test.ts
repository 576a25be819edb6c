import assert from "node:assert/strict";
import { expandMacros } from "../../../../src/data/corpora/latex/tex_macros.ts";

/** Expands a text and returns it with the counts. */
function expanded(tex: string): { text: string; notes: Record<string, number> } {
  const notes: Record<string, number> = {};
  const text = expandMacros(tex, (what, times = 1) => {
    notes[what] = (notes[what] ?? 0) + times;
  });
  return { text, notes };
}

/** Checks pairs of a text and its expansion. */
function check(cases: readonly (readonly [string, string])[]): void {
  for (const [tex, expected] of cases) assert.equal(expandMacros(tex), expected, tex);
}

Deno.test("macros of every kind are expanded where they are used", () =>
  check([
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
    ["\\providecommand{\\q}{Q}\\q\\providecommand{\\q}{Z}\\q", "QQ"],
    ["\\newcommand{\\long}{one\n  {two}\n}\\long", "one\n  {two}\n"],
    ["\\newcommand{\\never}{closed", "\\newcommand{\\never}{closed"],
    ["\\newcommand\\foo\\alpha$\\foo$", "$\\alpha$"],
    ["\\DeclareRobustCommand{\\rr}[1]{r#1}$\\rr s$", "$rs$"],
    ["\\newcommand{\\n}[9]{#9#8#7#6#5#4#3#2#1}\\n 123456789", "987654321"],
    ["100\\% \\{x\\}", "100\\% \\{x\\}"],
  ]));

// LaTeX typesets each text and its expansion alike (pdfTeX of TeX Live 2022, the boxes of both pages compared).
Deno.test("expansion follows TeX: binding, scopes, delimited arguments, arguments behind a replacement", () =>
  check([
    [
      "\\let\\oldemptyset\\emptyset\\let\\emptyset\\varnothing $\\emptyset \\oldemptyset$",
      " $\\varnothing \\emptyset$",
    ],
    ["\\def\\a{b}\\def\\c{\\a\\a}\\let\\d\\c\\def\\a{z}$\\d\\c$", "$zzzz$"],
    ["\\def\\a{1}\\edef\\b{\\a\\a}\\def\\a{2}$\\b\\a$", "$112$"],
    ["\\def\\a{0}{\\def\\a{1}$\\a$}$\\a$", "{$1$}$0$"],
    ["\\def\\a{0}{\\gdef\\a{1}$\\a$}$\\a$", "{$1$}$1$"],
    ["\\def\\a{0}{\\global\\let\\a\\alpha $\\a$}$\\a$", "{ $\\alpha$}$\\alpha$"],
    [
      "\\newcommand{\\Z}{Z}\\begingroup\\renewcommand{\\Z}{Y}$\\Z$\\endgroup$\\Z$",
      "\\begingroup$Y$\\endgroup$Z$",
    ],
    ["\\bgroup\\def\\k{1}$\\k$\\egroup\\def\\k{2}$\\k$", "\\bgroup$1$\\egroup$2$"],
    [
      "\\def\\z{2}\\begin{center}\\def\\z{1}$\\z$\\end{center}$\\z$",
      "\\begin{center}$1$\\end{center}$2$",
    ],
    ["\\long\\def\\a{x}\\global\\def\\b{y}\\global\\long\\def\\c#1{[#1]}$\\a\\b\\c z$", "$xy[z]$"],
    ["\\protected\\def\\pp{p}$\\pp$", "$p$"],
    ["\\newcommand{\\foo}{\\baz}\\newcommand{\\baz}[1]{<#1>}$\\foo{x} \\foo y$", "$<x> <y>$"],
    ["\\def\\x#1{#1#1}\\def\\y{\\x}$\\y ab$", "$aab$"],
    ["\\newcommand{\\u}[1]{\\w{#1}}\\newcommand{\\w}[1]{\\bar{#1}}$\\u{\\u{x}}$", "$\\bar{\\bar{x}}$"],
    ["\\def\\pair<#1,#2>{(#1;#2)}$\\pair<a,{b,c}>$", "$(a;b,c)$"],
    ["\\def\\foo#1.{x#1}$\\foo a.$", "$xa$"],
    ["\\def\\foo#1\\end{x#1}$\\foo a b\\end$", "$xa b$"],
    ["\\def\\foo#1 #2 {(#1)(#2)}$\\foo a bc d$", "$(a)(bc)d$"],
    ["\\def\\q'#1'{``#1''}\\q'a b'", "``a b''"],
    ["\\def\\swap#1:#2;{#2#1}$\\swap a\\beta:\\alpha c;$", "$\\alpha ca\\beta$"],
    ["\\def\\foo#1{\\def\\baz##1{[#1##1]}}\\foo{x}$\\baz{y}$", "$[xy]$"],
    ["\\expandafter\\def\\csname foo\\endcsname{x}$\\foo$", "$x$"],
    ["\\newcommand{\\x}[1]{(#1)}$\\x\n{a} \\x{\\x{b}}$", "$(a) ((b))$"],
    ["\\newcommand{\\opt}[1][]{<#1>}$\\opt \\opt[a] \\opt[{]}]$", "$<> <a> <]>$"],
    [
      "\\makeatletter\\newcommand{\\my@n}[1]{|#1|}\\newcommand{\\n}{\\my@n}\\makeatother$\\n{x}$",
      "\\makeatletter\\makeatother$|x|$",
    ],
    [
      "\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}\\be x=1\\ee",
      "\\begin{equation} x=1\\end{equation}",
    ],
  ]));

Deno.test("a command and a letter behind it never become one word", () =>
  check([
    ["\\newcommand{\\R}{\\mathbb R}\\newcommand{\\a}{\\alpha}\\a b", "\\alpha b"],
    ["\\newcommand{\\a}{\\alpha}\\a{}b", "\\alpha b"],
    ["\\newcommand{\\f}[1]{\\alpha#1}\\f b \\f{\\beta}", "\\alpha b \\alpha\\beta"],
    ["\\newcommand{\\f}[1]{#1y}\\f\\alpha", "\\alpha y"],
    ["\\newcommand{\\f}[2]{#1#2}\\f\\alpha b", "\\alpha b"],
    ["\\let\\a\\alpha\\def\\b{}x\\a\\b y", "x\\alpha y"],
    ["\\def\\x{\\\\}\\x a", "\\\\ a"],
  ]));

Deno.test("xparse, paired delimiters, environments, switches and xspace", () =>
  check([
    [
      "\\NewDocumentCommand{\\foo}{s o m}{\\IfBooleanTF{#1}{S}{N}\\IfNoValueTF{#2}{-}{[#2]}#3}\\foo{a} \\foo*[b]{c}",
      "N-a S[b]c",
    ],
    [
      "\\NewDocumentCommand{\\foo}{O{q} m d<> t+}{(#1)(#2)\\IfNoValueTF{#3}{n}{#3}\\IfBooleanTF{#4}{P}{M}}\\foo{a} \\foo[z]{b}<c>+.",
      "(q)(a)nM (z)(b)cP.",
    ],
    [
      "\\DeclarePairedDelimiter{\\abs}{\\lvert}{\\rvert}\\abs{x} \\abs*{y} \\abs[\\big]{z}",
      "\\lvert x \\rvert \\left\\lvert y \\right\\rvert \\big\\lvert z \\big\\rvert",
    ],
    [
      "\\newenvironment{q}[1]{\\begin{quote}#1: }{\\end{quote}}\\begin{q}{A}text\\end{q}",
      "\\begin{quote}A: text\\end{quote}",
    ],
    ["\\newif\\ifd\\dtrue\\ifd A\\else B\\fi c\\dfalse\\ifd A\\else B\\fi.", "A cB."],
    ["\\newcommand{\\todo}[1]{\\ifd #1\\fi}\\newif\\ifd\\dfalse a \\todo{no} b", " a b"],
    ["\\newcommand{\\eg}{e.g.\\xspace}\\eg the \\eg, \\eg\\emph{x}", "e.g. the e.g., e.g. \\emph{x}"],
    ["\\newcommand{\\x}[1]{\\ifthenelse{\\equal{#1}{}}{none}{<#1>}}\\x{} \\x{a}", "none <a>"],
  ]));

Deno.test("forms that are not supported stay whole, with their uses, and are counted", () => {
  check([
    [
      "\\ExplSyntaxOn\\def\\a{\\tl_set:N b}\\ExplSyntaxOff\\a\\def\\b{x}\\b",
      "\\ExplSyntaxOn\\def\\a{\\tl_set:N b}\\ExplSyntaxOff\\a x",
    ],
  ]);
  for (
    const [tex, what] of [
      ["\\def\\a#1#{\\hbox to #1}\\a 3cm{x}", "definitions of another form"],
      ["\\def\\x{\\ifmmode a\\else b\\fi}\\x", "macros with code of TeX"],
      ["\\def\\x{\\@ifstar\\y\\z}\\x*", "macros with code of TeX"],
      ["\\newcommand{\\x}[1]{\\futurelet\\n\\y#1}\\x{a}", "macros with code of TeX"],
    ]
  ) {
    const { text, notes } = expanded(tex);
    assert.equal(text, tex);
    assert.ok(notes[what] > 0, tex);
  }
  const missing = expanded("\\def\\foo#1.{x#1}\\foo a");
  assert.deepEqual(missing, { text: "\\foo a", notes: { "macros without their arguments": 1 } });
  const section = expanded("\\renewcommand{\\section}[1]{\\textbf{#1}}\\section{A}");
  assert.deepEqual(section, { text: "\\section{A}", notes: { "redefined commands of LaTeX": 1 } });
});

Deno.test("a macro that calls itself, or doubles without end, stays alone; the others are expanded", () => {
  const loop = expanded("\\newcommand{\\loop}{\\loop\\loop}\\newcommand{\\R}{\\mathbb{R}}\\loop $\\R$");
  assert.deepEqual(loop, { text: "\\loop $\\mathbb{R}$", notes: { "macros that never end": 1 } });
  const doubling = Array.from(
    { length: 25 },
    (_, i) => `\\def\\m${String.fromCharCode(98 + i)}{${`\\m${String.fromCharCode(97 + i)}`.repeat(2)}}`,
  );
  const hostile = [
    "\\def\\a{x\\a}\\a",
    "\\def\\a{\\a\\a}\\a",
    "\\def\\a{\\b}\\def\\b{\\a}\\a\\b",
    "\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\a\\a}\\a\\b\\c",
    "\\def\\a#1{\\b{#1#1}}\\def\\b#1{\\a{#1#1}}\\a{xx}",
    "\\def\\a{\\def\\b{\\b\\b}\\b}\\a\\a\\a",
    "\\def\\a{\\edef\\a{\\a\\a}\\a}\\a",
    "\\newenvironment{q}{\\begin{q}}{\\end{q}}\\begin{q}x\\end{q}",
    `\\def\\ma{xx}${doubling.join("")}\\mz`,
    `\\def\\ma{xx}${doubling.join("")}\\mg\\mg\\mg\\mg\\mg\\mh\\mh\\mh\\mi\\mi\\mi`,
    `${"\\edef\\x{\\x\\x}".repeat(100)}\\x`,
  ];
  for (const tex of hostile) {
    const { text } = expanded(`${tex} \\newcommand{\\R}{\\mathbb{R}}$\\R$`);
    assert.ok(text.includes("$\\mathbb{R}$"), tex);
    assert.ok(text.length <= 2 * tex.length, `${tex}: ${text.length}`);
  }
  assert.deepEqual(expanded("\\def\\a{x\\a}\\a").notes, { "macros that never end": 1 });
});

Deno.test("expansion adds at most the length of a text, whatever its macros do", () => {
  const long = `\\def\\x{${"long ".repeat(2000)}}${"\\x ".repeat(3000)}\\def\\y{short}${"\\y ".repeat(100)}`;
  const { text, notes } = expanded(long);
  assert.ok(text.length <= 2 * long.length);
  assert.ok(notes["macros over the budget"] > 0);
  assert.ok(text.endsWith("short ".repeat(100)), "one macro's budget is not another's");
  assert.equal(
    expandMacros(`\\def\\f#1{#1}${"\\f{".repeat(20_000)}x${"}".repeat(20_000)}`).includes("x"),
    true,
  );
});

Deno.test("verbatim text and its blank lines stay as they are, definitions take their lines with them", () =>
  check([
    ["\\newcommand{\\R}{R}\\verb|\\R| \\R \\url{\\R}", "\\verb|\\R| R \\url{\\R}"],
    [
      "\\def\\R{R}\\begin{verbatim}\n\\R\n\n\n\\R\n\\end{verbatim}\n\n\n\\R",
      "\\begin{verbatim}\n\\R\n\n\n\\R\n\\end{verbatim}\n\nR",
    ],
    ["\\newcommand{\\code}{\\lstinline}\\newcommand{\\R}{R}\\code|\\R %|\\R", "\\lstinline|\\R %|R"],
    [
      "\\newenvironment{v}{\\verbatim}{\\endverbatim}\\begin{v}\n\n\n%a\n\\end{v}",
      "\\newenvironment{v}{\\verbatim}{\\endverbatim}\\begin{v}\n\n\n%a\n\\end{v}",
    ],
    ["a\n\\newcommand{\\x}{y}\nb\\x", "a\nby"],
    ["a\n\\def\\x{y}\\def\\z{}  \nb\\x", "a\nby"],
  ]));
